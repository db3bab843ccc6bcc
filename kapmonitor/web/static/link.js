// The live feed: pictures of all rooms, and waveforms. Silence of 3 s counts as lost, whatever the socket says.

import { Connection, secondsSince, stamp } from "./connection.js";

const SILENCE_S = 3;
const RETRY_MS = [500, 1000, 2000, 3000];
const PICTURE = "{".charCodeAt(0);
const REPORT_MS = 10_000;

export class Link extends Connection {
  /**
   * `onPicture(frame)`, `onWaves(buffer)`, `onState()`. `watches`: the room whose values and alarms this page shows to
   * whoever looks after it, `*` for all rooms, or nothing; `sound()`: what is heard at this screen, see sound/.
   */
  constructor({ onPicture, onWaves, onState, watches = "", sound = () => "none" }) {
    super({ path: "/ws", asks: "/api/v1/alarms", retryMs: RETRY_MS, onState });
    Object.assign(this, { onPicture, onWaves, watches, sound });
    this.pictured = this.heard;
    this.open();
    setInterval(() => this.#watch(), 250);
    setInterval(() => this.report(), REPORT_MS);
    document.addEventListener("visibilitychange", () => this.#watch());
    document.addEventListener("visibilitychange", () => this.report());
    window.addEventListener("pageshow", () => this.#watch());
  }

  /** Seconds since the picture that is on the screen. */
  get pictureAge() {
    return secondsSince(this.pictured);
  }

  /** Whether somebody can see and hear this screen: the service says so where nobody can. */
  report() {
    this.send({ watches: this.watches, visible: !document.hidden, sound: this.sound() });
  }

  opened() {
    this.report();
  }

  take(buffer) {
    this.heard = stamp();
    if (new Uint8Array(buffer, 0, 1)[0] !== PICTURE) {
      if (this.live) this.onWaves(buffer);
      return;
    }
    const frame = JSON.parse(new TextDecoder().decode(buffer));
    this.pictured = this.heard;
    this.works();
    this.onPicture(frame);
  }

  #watch() {
    if (secondsSince(this.heard) <= SILENCE_S && secondsSince(this.pictured) <= SILENCE_S) return;
    const wasLive = this.live;
    if (this.state !== "logged-out") this.become("lost");
    if (wasLive) this.#drop();
  }

  /** A socket that has gone silent is not waited for. */
  #drop() {
    const silent = this.socket;
    this.socket = null;
    silent?.close();
    this.closed();
  }
}
