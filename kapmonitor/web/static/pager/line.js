// The line of a phone that is a pager: 7 s without a heartbeat is NO LINK, whatever the socket says.

import { Connection, secondsSince, stamp } from "../connection.js";

const SILENCE_S = 7;
const RETRY_MS = [300, 1000, 2000, 3000];
const NOT_YOURS = 4409;

export class Line extends Connection {
  /** `hello()`: who we are; `onMessage(message)` and `onState()` as things happen. */
  constructor({ hello, onMessage, onState }) {
    super({ path: "/ws/pager", asks: "/api/v1/pagers", retryMs: RETRY_MS, onState });
    Object.assign(this, { hello, onMessage });
    this.ended = false;
    this.open();
    this.watching = setInterval(() => this.#watch(), 250);
  }

  /** Seconds since the last heartbeat. */
  get silence() {
    return secondsSince(this.heard);
  }

  /** The service's time in ms, by its last heartbeat. */
  get now() {
    return this.time === undefined ? Date.now() : this.time + this.silence * 1000;
  }

  end() {
    this.ended = true;
    clearInterval(this.watching);
    clearTimeout(this.retry);
    this.socket?.close();
  }

  opened() {
    this.send({ kind: "hello", ...this.hello() });
  }

  take(data) {
    const message = JSON.parse(data);
    if (message.kind === "heartbeat") {
      this.heard = stamp();
      this.time = Date.parse(message.ts);
      this.works();
    }
    this.onMessage(message);
  }

  #watch() {
    if (this.silence <= SILENCE_S) return;
    if (this.state !== "logged-out") this.become("lost");
    if (this.socket?.readyState === WebSocket.OPEN && this.silence > 2 * SILENCE_S) this.socket.close();
  }

  closed(code) {
    if (!this.ended && code !== NOT_YOURS) super.closed(code);
  }
}
