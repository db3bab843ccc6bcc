// The button in the bar: sound is off until somebody switches it on at this screen, and says so when it cannot be.

import { setData, setText } from "../dom.js";
import { text } from "../texts.js";
import { BURSTS } from "./bursts.js";
import { Speaker } from "./speaker.js";
import { heardNow, Station } from "./station.js";

const STEP_MS = 250;
const KEY = "sound";

export class Sound {
  /** `onState()`: what `state` says may have changed. */
  constructor(button, notice, onState) {
    this.button = button;
    this.notice = notice;
    this.onState = onState;
    this.priority = null;
    this.lostS = () => 0;
    this.speaker = new Speaker(() => this.#show());
    this.station = new Station(this.speaker);
    button.addEventListener("click", () => this.#press());
    this.#show();
    if (localStorage.getItem(KEY) === "on") this.#switchOn();
    setInterval(() => this.station.step(this.priority, this.lostS()), STEP_MS);
  }

  /** `off`, `on`, `blocked` or `failed`. */
  get state() {
    return this.speaker.state;
  }

  hear({ picture }, nowMs) {
    const sessions = new Map(picture.places.filter(({ session }) => session).map(({ session }) => [session.id, session]));
    this.priority = heardNow(picture.alarms, sessions, nowMs);
  }

  #press() {
    if (this.state === "on") {
      localStorage.setItem(KEY, "off");
      this.tested = false;
      this.speaker.switchOff();
    } else this.#switchOn();
  }

  #switchOn() {
    localStorage.setItem(KEY, "on");
    this.speaker.switchOn();
  }

  #show() {
    setText(this.button, text(`sound.${this.state}`));
    setData(this.button, "state", this.state);
    this.button.setAttribute("aria-pressed", String(this.state === "on"));
    this.onState();
    if (this.state === "on" && !this.tested) this.#test();
  }

  /** At every log-in, and whenever it comes back: heard by whoever stands there. */
  async #test() {
    this.tested = true;
    const heard = await this.speaker.test(BURSTS.low);
    this.notice(text(heard ? "sound.tested" : "sound.not-heard"));
  }
}
