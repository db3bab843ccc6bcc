// The live feed: one socket, opened again by itself. Silence of 3 s counts as lost, whatever the socket says.

const SILENCE_S = 3;
const RETRY_MS = [500, 1000, 2000, 3000];
const PICTURE = "{".charCodeAt(0);
const LOGGED_OUT = 4401;
const REPORT_MS = 10_000;

/** Two clocks: one stands still while a computer sleeps, the other jumps when it is set. The larger wins. */
export function stamp() {
  return { steady: performance.now(), wall: Date.now() };
}

export function secondsSince(earlier) {
  const now = stamp();
  return Math.max(now.steady - earlier.steady, now.wall - earlier.wall, 0) / 1000;
}

export class Link {
  /**
   * `onPicture(frame)`, `onWaves(buffer)`, `onState()`. `watches`: the room whose values and alarms this page shows to
   * whoever looks after it, `*` for all rooms, or nothing; `sound()`: what is heard at this screen, see sound/.
   */
  constructor({ onPicture, onWaves, onState, watches = "", sound = () => "none" }) {
    Object.assign(this, { onPicture, onWaves, onState, watches, sound });
    this.state = "connecting";
    this.heard = stamp();
    this.pictured = this.heard;
    this.failures = 0;
    this.#open();
    setInterval(() => this.#watch(), 250);
    setInterval(() => this.report(), REPORT_MS);
    document.addEventListener("visibilitychange", () => this.#watch());
    document.addEventListener("visibilitychange", () => this.report());
    window.addEventListener("pageshow", () => this.#watch());
  }

  get live() {
    return this.state === "live";
  }

  /** Seconds since the picture that is on the screen. */
  get pictureAge() {
    return secondsSince(this.pictured);
  }

  /** Whether somebody can see and hear this screen: the service says so where nobody can. */
  report() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ watches: this.watches, visible: !document.hidden, sound: this.sound() }));
  }

  #open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.report();
    socket.onmessage = (event) => this.socket === socket && this.#take(event.data);
    socket.onclose = (event) => this.socket === socket && this.#closed(event.code);
    this.socket = socket;
  }

  #take(buffer) {
    this.heard = stamp();
    if (new Uint8Array(buffer, 0, 1)[0] !== PICTURE) {
      if (this.live) this.onWaves(buffer);
      return;
    }
    const frame = JSON.parse(new TextDecoder().decode(buffer));
    this.pictured = this.heard;
    this.failures = 0;
    this.#become("live");
    this.onPicture(frame);
  }

  #watch() {
    if (secondsSince(this.heard) <= SILENCE_S && secondsSince(this.pictured) <= SILENCE_S) return;
    const wasLive = this.live;
    if (this.state !== "logged-out") this.#become("lost");
    if (wasLive) this.#drop();
  }

  /** A socket that has gone silent is not waited for. */
  #drop() {
    const silent = this.socket;
    this.socket = null;
    silent?.close();
    this.#closed();
  }

  #closed(code) {
    if (code === LOGGED_OUT) this.#become("logged-out");
    else if (this.failures > 0) this.#askWhy();
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.#open(), wait * (0.8 + 0.4 * Math.random()));
  }

  /** A refused socket does not say why to a page; an address does. */
  async #askWhy() {
    try {
      const answer = await fetch("/api/v1/alarms");
      if (answer.status === 401) this.#become("logged-out");
      else if (this.state === "logged-out") this.#become("lost");
    } catch {
      // no answer at all: the connection is what is missing, and that is shown already
    }
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.onState();
  }
}
