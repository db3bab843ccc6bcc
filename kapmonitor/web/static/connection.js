// One socket to the service, opened again by itself. What comes through it, and when it counts as lost, is said by
// what is made of this: the live feed of the pages, and a pager's line.

const LOGGED_OUT = 4401;

/** Two clocks: one stands still while a computer sleeps, the other jumps when it is set. The larger wins. */
export function stamp() {
  return { steady: performance.now(), wall: Date.now() };
}

export function secondsSince(earlier) {
  const now = stamp();
  return Math.max(now.steady - earlier.steady, now.wall - earlier.wall, 0) / 1000;
}

export class Connection {
  /** `path`: of the socket; `asks`: an address that says why the socket is refused; `onState()` as it changes. */
  constructor({ path, asks, retryMs, onState }) {
    Object.assign(this, { path, asks, retryMs, onState });
    this.state = "connecting";
    this.heard = stamp();
    this.failures = 0;
  }

  get live() {
    return this.state === "live";
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onmessage = (event) => this.socket === socket && this.take(event.data);
    socket.onclose = (event) => this.socket === socket && this.closed(event.code);
    this.socket = socket;
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Something came that shows that all is well. */
  works() {
    this.failures = 0;
    this.become("live");
  }

  closed(code) {
    if (code === LOGGED_OUT) this.become("logged-out");
    else if (this.failures > 0) this.#askWhy();
    const wait = this.retryMs[Math.min(this.failures, this.retryMs.length - 1)];
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), wait * (0.8 + 0.4 * Math.random()));
  }

  /** A refused socket does not say why to a page; an address does. */
  async #askWhy() {
    try {
      const answer = await fetch(this.asks);
      if (answer.status === 401) this.become("logged-out");
      else if (this.state === "logged-out") this.become("lost");
    } catch {
      // no answer at all: the connection is what is missing, and that is shown already
    }
  }

  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.onState();
  }
}
