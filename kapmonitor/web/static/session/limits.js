// Limits of this session: what is switched off or moved, by whom and why, for as long as it is so; and what would
// have alarmed in the last hour with another limit, before anybody uses it.

import { command } from "../api.js";
import { said } from "../service-texts.js";
import { keep, make, setHidden, setText } from "../dom.js";
import { text, timeText } from "../texts.js";
import { read } from "./case.js";
import { Panel, choice, field, only, row, setOptions } from "./panel.js";

export class Limits extends Panel {
  constructor(desk) {
    super("limits", desk);
    this.off = make("ul", { class: "off" });
    this.rules = [];
    this.body.append(this.off, this.#moving(), this.#switching());
  }

  #switching() {
    this.rule = choice(text("limits.rule"), [], { required: true });
    const reason = field(text("ask.reason"), { required: true, maxlength: "500" });
    const form = this.form(text("limits.switch-off"), {
      address: "switch-off",
      task: "switch_off",
      kind: "danger",
      fields: [this.rule.node, reason.node],
      body: () => ({ rule: this.rule.input.value, reason: reason.input.value.trim() }),
    });
    this.switchFold = only("switch_off", make("details", { class: "fold" }, make("summary", {}, text("limits.off-title")), form));
    return this.switchFold;
  }

  /** Try first: what would have come is shown, and only then the limit can be used. */
  #moving() {
    this.which = choice(text("limits.which"), [], { required: true });
    this.value = field(text("limits.value"), { required: true, type: "number", step: "any", inputmode: "decimal" });
    this.ends = make("p", { class: "quiet" });
    this.tried = make("div", { class: "tried", role: "status" });
    this.reason = field(text("ask.reason"), { maxlength: "500" });
    const attempt = make("button", { class: "main" }, text("limits.try"));
    this.use = make("button", { type: "button", class: "danger" }, text("limits.use"));
    this.using = make("div", { class: "form" }, this.reason.node, this.use);
    const form = make("form", { class: "form", autocomplete: "off" }, this.which.node, this.value.node, attempt);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.attempt(attempt, () => this.#try());
    });
    this.use.addEventListener("click", () => this.attempt(this.use, () => this.#move()));
    this.which.input.addEventListener("change", () => this.#chosen());
    this.value.input.addEventListener("input", () => this.#forget());
    this.moveFold = only("move_limit", make("details", { class: "fold" }, make("summary", {}, text("limits.move-title")), form, this.ends, this.tried, this.using));
    this.#forget();
    return this.moveFold;
  }

  #chosen() {
    this.#forget();
    const [rule, column] = this.which.input.value.split("/");
    const one = this.rules.find((each) => each.rule === rule)?.choices.find((each) => each.column === column);
    if (!one) return;
    this.value.input.value = one.value;
    setText(this.ends, text("limits.ends", { low: one.low, high: one.high, unit: one.unit }));
  }

  /** What was tried says nothing about another number. */
  #forget() {
    this.tried.replaceChildren();
    this.reason.input.value = "";
    setHidden(this.using, true);
  }

  get #asked() {
    const [rule, column] = this.which.input.value.split("/");
    return { rule, column, value: Number(this.value.input.value) };
  }

  async #try() {
    this.#forget();
    const { rule, column, value } = this.#asked;
    const { now, then } = await command(`sessions/${this.desk.id}/what-if`, { limits: { [rule]: { [column]: value } } });
    const mark = ({ ts, alarm, rule: tier, event }) => [ts, alarm, tier, event].join();
    const [before, after] = [new Set(now.map(mark)), new Set(then.map(mark))];
    const lines = [...then.filter((each) => !before.has(mark(each))).map((each) => lineOf("limits.more", each)), ...now.filter((each) => !after.has(mark(each))).map((each) => lineOf("limits.less", each))];
    const sum = make("p", {}, text(lines.length ? "limits.would" : "limits.same", { now: now.length, then: then.length }));
    this.tried.replaceChildren(sum, make("ul", {}, ...lines));
    setHidden(this.using, false);
  }

  async #move() {
    await this.desk.send("limits", { ...this.#asked, reason: this.reason.input.value.trim() });
    this.#forget();
    await this.#ask();
  }

  async #ask() {
    this.rules = await read(`sessions/${this.desk.id}/limits`);
    setOptions(
      this.which.input,
      this.rules.flatMap((rule) => rule.choices.map(({ column, value, unit }) => [`${rule.rule}/${column}`, text("limits.choice", { text: said(rule.text), rule: rule.rule, column: column === "limit" ? "" : column, value, unit })])),
    );
    this.#chosen();
  }

  update({ view }) {
    if (this.entries !== view.entries) {
      const changed = JSON.stringify([view.moved, view.off]);
      if (this.changed !== changed) this.#ask().catch((problem) => setText(this.problem, text("failed", { reason: problem.message })));
      this.changed = changed;
      this.entries = view.entries;
    }
    const lines = [
      ...view.off.map((one) => ({ key: `off/${one.rule}`, one, words: "limits.is-off", address: "switch-off", task: "switch_off", body: { rule: one.rule } })),
      ...view.moved.map((one) => ({ key: `${one.rule}/${one.column}`, one, words: "limits.is-moved", address: "limits", task: "move_limit", body: { rule: one.rule, column: one.column } })),
    ];
    keep(
      this.off,
      lines,
      ({ key }) => key,
      ({ words, address, task, body }) => make("li", { class: "note-line", "data-kind": "off" }, make("span"), row(this.button(text(words === "limits.is-off" ? "limits.on-again" : "limits.as-site"), { address, task, body: () => body }))),
      (node, { one, words }) => setText(node.children[0], text(words, { ...one, time: timeText(Date.parse(one.since)) })),
    );
    setHidden(this.off, !lines.length);
    setHidden(this.switchFold, Boolean(view.ended));
    setHidden(this.moveFold, Boolean(view.ended));
    const off = new Set(view.off.map(({ rule }) => rule));
    setOptions(this.rule.input, this.rules.filter((each) => each.may_be_off && !off.has(each.rule)).map(({ rule, text: words }) => [rule, `${said(words)} (${rule})`]));
  }
}

function lineOf(words, { ts, rule, priority, value }) {
  return make("li", {}, text(words, { time: timeText(Date.parse(ts)), rule, priority: text(`priority.${priority}`), value: value === null ? "" : Math.round(value) }));
}
