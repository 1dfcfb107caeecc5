// A socket and a clock that do what the test says.

export class FakeSocket {
  acts = new Map();
  sent = [];
  /** @type {Record<string, (data: any) => any>} */
  answers = {};
  connects = 0;
  disconnects = 0;

  on(event, act) {
    this.acts.set(event, act);
  }
  onAny(act) {
    this.event = act;
  }
  says(event, data) {
    this.acts.get(event)(data);
  }
  timeout() {
    return {
      emit: (event, data, done) => {
        this.sent.push([event, data]);
        const answer = this.answers[event];
        if (answer) queueMicrotask(() => done(null, answer(data)));
        else this.unanswered = done;
      },
    };
  }
  connect() {
    this.connects += 1;
  }
  disconnect() {
    this.disconnects += 1;
    this.acts.get("disconnect")?.("io client disconnect");
  }
}

export class FakeTimers {
  at = 1_000_000;
  waiting = [];
  now = () => this.at;
  random = () => 0.5;
  later = (act, ms) => {
    const timer = { act, at: this.at + ms };
    this.waiting.push(timer);
    return timer;
  };
  cancel = (timer) => {
    this.waiting = this.waiting.filter((one) => one !== timer);
  };
  get size() {
    return this.waiting.length;
  }
  runNext() {
    const next = this.waiting.reduce((a, b) => (b.at < a.at ? b : a));
    this.cancel(next);
    this.at = Math.max(this.at, next.at);
    next.act();
  }
  pass(ms) {
    const end = this.at + ms;
    while (this.waiting.some((timer) => timer.at <= end)) this.runNext();
    this.at = end;
  }
}

/** Until every promise that could settle has. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
