// The line to the service: opened again by itself; 7 s without a heartbeat is NO LINK, whatever the socket says.

import { secondsSince, stamp } from "../link.js";

const SILENCE_S = 7;
const RETRY_MS = [300, 1000, 2000, 3000];
const LOGGED_OUT = 4401;
const NOT_YOURS = 4409;

export class Line {
  /** `hello()`: who we are; `onMessage(message)` and `onState()` as things happen. */
  constructor({ hello, onMessage, onState }) {
    Object.assign(this, { hello, onMessage, onState });
    this.state = "connecting";
    this.heard = stamp();
    this.failures = 0;
    this.ended = false;
    this.#open();
    this.watching = setInterval(() => this.#watch(), 250);
  }

  get live() {
    return this.state === "live";
  }

  /** Seconds since the last heartbeat. */
  get silence() {
    return secondsSince(this.heard);
  }

  /** The service's time in ms, by its last heartbeat. */
  get now() {
    return this.time === undefined ? Date.now() : this.time + this.silence * 1000;
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  end() {
    this.ended = true;
    clearInterval(this.watching);
    clearTimeout(this.retry);
    this.socket?.close();
  }

  #open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/pager`);
    socket.onopen = () => this.send({ kind: "hello", ...this.hello() });
    socket.onmessage = (event) => this.socket === socket && this.#take(JSON.parse(event.data));
    socket.onclose = (event) => this.socket === socket && this.#closed(event.code);
    this.socket = socket;
  }

  #take(message) {
    if (message.kind === "heartbeat") {
      this.heard = stamp();
      this.time = Date.parse(message.ts);
      this.failures = 0;
      this.#become("live");
    }
    this.onMessage(message);
  }

  #watch() {
    if (this.silence <= SILENCE_S) return;
    if (this.state !== "logged-out") this.#become("lost");
    if (this.socket?.readyState === WebSocket.OPEN && this.silence > 2 * SILENCE_S) this.socket.close();
  }

  #closed(code) {
    if (this.ended || code === NOT_YOURS) return;
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
      const answer = await fetch("/api/v1/pagers");
      if (answer.status === 401) this.#become("logged-out");
      else if (this.state === "logged-out") this.#become("lost");
    } catch {
      // no answer at all: that there is no link is shown already
    }
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.onState();
  }
}
