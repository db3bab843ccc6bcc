// The start-of-day check: what the service judges by itself, the tone, a test page, and that it is noted.

import { command } from "../api.js";
import { keep, make, setData, setHidden, setText } from "../dom.js";
import { may } from "../may.js";
import { said } from "../service-texts.js";
import { BURSTS } from "../sound/bursts.js";
import { Speaker } from "../sound/speaker.js";
import { dayText, text } from "../texts.js";
import { button, read } from "./table.js";

const AGAIN_MS = 8000;

export class Day {
  constructor(notice) {
    this.notice = notice;
    this.sound = "not-tried";
    this.speaker = new Speaker(() => undefined);
    this.list = make("ul", { class: "points" });
    this.last = make("p", { class: "quiet", "data-private": true });
    this.page = button("", () => this.#page());
    this.ears = make("span", { class: "row", hidden: true }, button(text("day.heard"), () => this.#say("heard")), button(text("day.not-heard"), () => this.#say("not-heard")));
    const above = make("div", { class: "section-above" }, button(text("day.play"), () => this.#play()), this.ears, this.page, button(text("day.note"), () => this.#note(), "main"));
    this.node = make("section", { class: "panel", "aria-labelledby": "day" }, make("h2", { id: "day" }, text("day.title")), make("p", { class: "quiet" }, text("day.what")), this.list, ...(may("check_day") ? [above] : []), this.last);
  }

  /** Now and then, and after whatever was done here: the record has better to do than to be read. */
  async ask({ now = false } = {}) {
    if (!now && performance.now() - (this.askedMs ?? -Infinity) < AGAIN_MS) return;
    this.askedMs = performance.now();
    const [check, pagers] = await Promise.all([read("start-of-day"), read("pagers")]);
    if (check) this.#show(check);
    this.first = pagers?.find(({ online }) => online)?.id;
    setText(this.page, text("day.page", { pager: this.first ?? "" }));
    setHidden(this.page, !this.first || !may("test_pager"));
  }

  #show({ points, last_at: at, last_by: by, last_found: found }) {
    const sound = { name: "sound", well: this.sound === "heard", detail: this.sound };
    keep(this.list, [...points, sound], ({ name }) => name, () => make("li", {}, make("span", { class: "point-sign" }), make("span"), make("span", { class: "quiet" })), (row, point) => fill(row, point));
    setText(this.last, at ? text("day.last", { time: dayText(at), by, found: foundText(found) }) : text("day.never"));
  }

  /** The tone of a medium alarm, and then the question whether anybody heard it. */
  async #play() {
    this.speaker.switchOn();
    const played = await this.speaker.test(BURSTS.medium);
    setHidden(this.ears, false);
    if (!played) this.notice(text("day.sound.blocked"));
  }

  #say(sound) {
    this.sound = sound;
    setHidden(this.ears, true);
    this.ask({ now: true });
  }

  async #page() {
    await this.#attempt(() => command(`pagers/${this.first}/test`), () => text("day.page-done", { pager: this.first }));
  }

  async #note() {
    await this.#attempt(() => command("start-of-day", { sound: this.sound }), ({ last_found: found }) => text("day.noted", { found: foundText(found) }));
  }

  async #attempt(doing, done) {
    try {
      this.notice(done(await doing()));
    } catch (problem) {
      this.notice(text("failed", { reason: problem.message }));
    }
    await this.ask({ now: true });
  }
}

function fill(row, { name, well, detail }) {
  const [sign, words, more] = row.children;
  setData(row, "well", String(well));
  setText(sign, well ? "✓" : "✗");
  sign.setAttribute("aria-label", text(well ? "day.well" : "day.open"));
  sign.setAttribute("role", "img");
  setText(words, text(`day.point.${name}`));
  setText(more, well ? "" : name === "sound" ? text(`day.sound.${detail}`) : said(detail));
}

function foundText(found) {
  return found === "all well" ? text("day.all-well") : found;
}
