// One key for one wish, kept until it is answered: pressed again after a lost answer it is not done twice.

/** @returns {{keyOf: (wish: unknown) => string, answered: () => void}} */
export function once() {
  let asked = "";
  let key = "";
  return {
    keyOf(wish) {
      const said = JSON.stringify(wish);
      if (said !== asked) {
        asked = said;
        key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
      }
      return key;
    },
    answered() {
      asked = "";
    },
  };
}
