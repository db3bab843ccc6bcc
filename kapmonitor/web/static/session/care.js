// What is done for the patient and what is read off by hand: pressures, breaths, oxygen, interventions, notes.

import { keep, make, setHidden, setText } from "../dom.js";
import { durationText, text } from "../texts.js";
import { Panel, field, heading, only } from "./panel.js";

const number = (label, attributes = {}) => field(label, { type: "number", step: "any", min: "0", inputmode: "decimal", required: true, ...attributes });

export class Care extends Panel {
  constructor(desk) {
    super("care", desk);
    this.rechecks = make("ul", { class: "open-events" });
    this.oxygen = make("p", { class: "quiet" });
    this.body.append(this.rechecks, this.#note(), this.#fold("care.intervention", this.#intervention()), this.#fold("care.typed", this.#pressure(), this.#breaths()), this.#fold("care.oxygen", this.oxygen, this.#oxygenForm()));
  }

  #fold(title, ...content) {
    return make("details", { class: "fold" }, make("summary", {}, text(title)), ...content);
  }

  #note() {
    const words = field(text("care.note"), { required: true, maxlength: "4000" });
    return this.form(text("care.note-log"), { address: "notes", task: "log", kind: "plain", fields: [words.node], body: () => ({ text: words.input.value.trim() }) });
  }

  #intervention() {
    const what = field(text("care.what"), { required: true, maxlength: "200" });
    const again = number(text("care.recheck"), { value: "10", max: "240" });
    return this.form(text("care.log"), { address: "interventions", task: "run_session", fields: [what.node, again.node], body: () => ({ what: what.input.value.trim(), recheck_min: Number(again.input.value) }) });
  }

  #pressure() {
    const [systolic, diastolic] = [number(text("vital.systolic")), number(text("vital.diastolic"))];
    const form = this.form(text("care.pressure-log"), { address: "pressures", task: "log", kind: "plain", fields: [systolic.node, diastolic.node], body: () => ({ systolic: Number(systolic.input.value), diastolic: Number(diastolic.input.value) }) });
    return only("log", make("div", {}, heading(text("care.pressure")), form));
  }

  #breaths() {
    const breaths = number(text("care.breaths"), { max: "70" });
    return this.form(text("care.log"), { address: "values", task: "log", kind: "plain", fields: [breaths.node], body: () => ({ quantity: "respiratory_rate", value: Number(breaths.input.value) }) });
  }

  #oxygenForm() {
    const flow = number(text("care.flow"), { max: "30" });
    return this.form(text("care.log"), { address: "oxygen", task: "run_session", kind: "plain", fields: [flow.node], body: () => ({ flow_l_min: Number(flow.input.value) }) });
  }

  update({ view, moment }) {
    keep(
      this.rechecks,
      view.ended ? [] : view.rechecks,
      ({ of }) => String(of),
      ({ of }) => make("li", {}, make("span"), only("run_session", this.button(text("care.rechecked"), { address: "rechecks", body: () => ({ of }) }))),
      (node, one) => {
        const left = (Date.parse(one.at) - moment.nowMs) / 1000;
        const when = left > 0 ? text("next.in", { left: durationText(left) }) : text("next.late", { left: durationText(-left) });
        setText(node.children[0], text("care.look-again", { what: one.what, when: moment.live ? when : "" }));
      },
    );
    setHidden(this.rechecks, !this.rechecks.children.length);
    setText(this.oxygen, view.oxygen_l_min ? text("care.oxygen-on", { flow: view.oxygen_l_min }) : text("care.oxygen-off"));
  }
}
