// "Medical staff are with the patient", said in the room: with a tap by whoever is logged in, else with a PIN.

import { make, setHidden, setText } from "../dom.js";
import { text } from "../texts.js";
import { sayHere } from "./api.js";

const NOBODY_LOGGED_IN = 423;

export class Here {
  /** `seat()`: which seat is meant; `notice(words)`. */
  constructor(room, seat, notice) {
    Object.assign(this, { room, seat, notice });
    this.button = make("button", { type: "button", onclick: () => this.#say() }, text("room.here"));
    this.user = make("input", { name: "user", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true });
    this.pin = make("input", { name: "pin", type: "password", inputmode: "numeric", autocomplete: "off", required: true });
    this.problem = make("p", { role: "alert" });
    this.form = make(
      "form",
      { class: "here-form", hidden: true },
      make("p", {}, text("room.here-who")),
      make("label", {}, text("room.here-user"), " ", this.user),
      make("label", {}, text("room.here-pin"), " ", this.pin),
      make("button", {}, text("room.here-go")),
      make("button", { type: "button", onclick: () => this.#close() }, text("room.here-cancel")),
      this.problem,
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say({ user: this.user.value.trim(), pin: this.pin.value });
    });
    this.node = make("div", { class: "here" }, this.button, this.form);
  }

  async #say(who) {
    this.button.disabled = true;
    try {
      await sayHere(this.room, this.seat(), who);
      this.#close();
      this.notice(text("room.here-said"));
    } catch (failure) {
      if (failure.status === NOBODY_LOGGED_IN && !who) this.#ask();
      else this.#refused(who, failure);
    } finally {
      this.button.disabled = false;
    }
  }

  #refused(who, { message }) {
    const words = text("failed", { reason: message });
    this.pin.value = "";
    if (who) setText(this.problem, words);
    else this.notice(words);
  }

  #ask() {
    setHidden(this.form, false);
    this.user.focus();
  }

  #close() {
    setHidden(this.form, true);
    setText(this.problem, "");
    this.user.value = this.pin.value = "";
  }
}
