// The page of swaps: copying the address of the calendar feed where the browser allows it.
const field = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-address]"));
const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-copy]"));
const said = document.querySelector("[data-copied]");

if (field && button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      if (said) said.textContent = "コピーしました。";
    } catch {
      field.select();
      if (said) said.textContent = "アドレスを選びました。Ctrl+C でコピーしてください。";
    }
  });
}
