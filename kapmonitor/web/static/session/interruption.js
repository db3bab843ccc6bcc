// The sensors come off on purpose, and are on again.

import { make, setHidden, setText } from "../dom.js";
import { durationText, text } from "../texts.js";
import { Panel, choice, field } from "./panel.js";

const LONG = ["3", "5", "10"];
const SHORT = ["1", "2", "3"];

export class Interruption extends Panel {
  constructor(desk) {
    super("interruption", desk);
    this.node.classList.add("slim");
    this.minutes = choice(text("interruption.minutes"), []);
    this.who = field(text("interruption.who"), { maxlength: "120" });
    this.off = this.form(text("interruption.begin"), {
      address: "interruption",
      task: "interrupt",
      kind: "plain",
      fields: [this.minutes.node, this.who.node],
      body: () => ({ minutes: Number(this.minutes.input.value), with_whom: this.who.input.value.trim() }),
    });
    this.left = make("p", {});
    this.back = make("div", {}, this.left, this.button(text("interruption.end"), { address: "interruption/end", task: "log", kind: "main" }));
    this.fold = make("details", {}, make("summary", {}, text("interruption.title")), this.off);
    this.body.append(this.fold, this.back);
    this.shownFor = "";
  }

  update({ view, place, moment }) {
    const phase = place?.session?.phase ?? view?.phase ?? "";
    const short = phase === "onset" || phase === "peak";
    if (this.shownFor !== String(short)) {
      this.shownFor = String(short);
      const minutes = short ? SHORT : LONG;
      this.minutes.input.replaceChildren(...minutes.map((n) => make("option", { value: n }, text("minutes", { n }))));
    }
    const until = view?.interruption_until;
    const left = until ? (Date.parse(until) - moment.nowMs) / 1000 : 0;
    setHidden(this.node, !place);
    setHidden(this.back, !until);
    setHidden(this.fold, Boolean(until));
    setText(this.left, until ? text("interruption.left", { who: view.interruption_with, left: durationText(left) }) : "");
  }
}
