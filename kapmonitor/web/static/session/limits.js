// Limits of this session: which rules are switched off, by whom and why, for as long as it is so.

import { keep, make, setHidden, setText } from "../dom.js";
import { said } from "../service-texts.js";
import { text, timeText } from "../texts.js";
import { read } from "./case.js";
import { Panel, choice, field, only, setOptions } from "./panel.js";

export class Limits extends Panel {
  constructor(desk) {
    super("limits", desk);
    this.off = make("ul", { class: "off" });
    this.rule = choice(text("limits.rule"), [], { required: true });
    this.reason = field(text("ask.reason"), { required: true, maxlength: "500" });
    this.form_ = this.form(text("limits.switch-off"), {
      address: "switch-off",
      task: "switch_off",
      kind: "danger",
      fields: [this.rule.node, this.reason.node],
      body: () => ({ rule: this.rule.input.value, reason: this.reason.input.value.trim() }),
    });
    this.fold = only("switch_off", make("details", { class: "fold" }, make("summary", {}, text("limits.off-title")), this.form_));
    this.body.append(this.off, this.fold);
    this.#ask();
  }

  async #ask() {
    try {
      this.rules = await read(`sessions/${this.desk.id}/limits`);
    } catch {
      this.rules = null; // the form has nothing to choose from; the service's no stands where it was asked
    }
  }

  update({ view }) {
    keep(
      this.off,
      view.off,
      ({ rule }) => rule,
      ({ rule }) => make("li", { class: "note-line", "data-kind": "off" }, make("span"), this.button(text("limits.on-again"), { address: "switch-off", task: "switch_off", body: () => ({ rule }) })),
      (node, one) => setText(node.children[0], text("limits.is-off", { rule: one.rule, by: one.by, time: timeText(Date.parse(one.since)), reason: one.reason })),
    );
    setHidden(this.off, !view.off.length);
    setHidden(this.fold, Boolean(view.ended));
    const off = new Set(view.off.map(({ rule }) => rule));
    const rules = (this.rules ?? []).filter(({ may_be_off: may, rule }) => may && !off.has(rule));
    setOptions(this.rule.input, rules.map(({ rule, text: words }) => [rule, `${said(words)} (${rule})`]));
  }
}
