// Where the session stands, where it can go from here, and what this stage asks for: screening, baseline.

import { keep, make, setData, setHidden, setText } from "../dom.js";
import { said } from "../service-texts.js";
import { durationText, text } from "../texts.js";
import { Panel, ask, checkbox, choice, field, heading, only, row } from "./panel.js";

const COURSE = ["screening", "baseline", "ready", "onset", "peak", "recovery", "discharge"];
const MEDICINES = ["benzodiazepine", "sedative", "opioid", "stimulant", "maoi"];
const POSTURES = ["lying", "half-sitting", "sitting"];
const CUFF_SIZES = ["small adult", "adult", "large adult", "thigh"];
const MEASURED = ["systolic", "diastolic", "heart_rate", "spo2"];

export class Stage extends Panel {
  constructor(desk) {
    super("stage", desk);
    this.course = make("ol", { class: "course", "aria-label": text("stage.course") });
    this.since = make("p", { class: "quiet" });
    this.moves = only("run_session", make("div", { class: "row" }));
    this.screening = this.#screening();
    this.baseline = this.#baseline();
    this.body.append(this.course, this.since, this.screening, this.baseline, this.moves);
  }

  #screening() {
    this.medicines = MEDICINES.map((name) => checkbox(text(`medicine.${name}`), { value: name }));
    const history = field(text("screening.history"), { maxlength: "4000" });
    this.asked = make("p", { class: "done" }, text("screening.done"));
    const form = this.form(text("screening.log"), {
      address: "screening",
      task: "run_session",
      fields: [make("fieldset", { class: "checks" }, make("legend", {}, text("screening.medicines")), ...this.medicines.map(({ node }) => node)), history.node],
      body: () => ({ medicines: this.medicines.filter(({ input }) => input.checked).map(({ input }) => input.value), text: history.input.value.trim() }),
    });
    return make("div", {}, heading(text("screening.title")), this.asked, form);
  }

  #baseline() {
    this.values = make("dl", { class: "values" });
    this.missing = make("ul", { class: "missing" });
    const posture = choice(text("baseline.posture"), POSTURES.map((word) => [word, text(`posture.${word}`)]));
    const cuff = choice(text("baseline.cuff"), CUFF_SIZES.map((word) => [word, text(`size.${word}`)]), { class: "cuff-size" });
    cuff.input.value = "adult";
    this.confirm = this.form(text("baseline.confirm"), {
      address: "baseline",
      task: "run_session",
      keep: true,
      fields: [posture.node, cuff.node],
      body: () => ({ posture: posture.input.value, cuff_size: cuff.input.value }),
    });
    this.measure = this.button(text("control.cuff-start"), { address: "cuff/start", task: "measure" });
    return make("div", {}, heading(text("baseline.title")), this.values, this.missing, row(this.measure), this.confirm);
  }

  update({ view, place, moment }) {
    const phase = place?.session?.phase ?? view.phase;
    const at = COURSE.indexOf(phase);
    keep(this.course, phase === "aborted" ? [...COURSE, "aborted"] : COURSE, (name) => name, (name) => make("li", {}, text(`phase.${name}`)), (node, name) => {
      setData(node, "done", at > COURSE.indexOf(name) && name !== "aborted");
      if (name === phase) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    });
    setText(this.since, moment.live && !view.ended ? text("stage.since", { phase: text(`phase.${phase}`), since: durationText((moment.nowMs - Date.parse(view.phase_since)) / 1000) }) : "");
    setHidden(this.screening, phase !== "screening");
    setHidden(this.asked, !view.screened);
    this.#showBaseline(view, phase);
    this.#showMoves(view.ended ? [] : view.next_phases, view);
  }

  #showBaseline({ proposal, baseline }, phase) {
    const taking = phase === "baseline" || (phase === "ready" && !baseline);
    setHidden(this.baseline, !taking && !baseline);
    const values = taking ? proposal.values : (baseline ?? {});
    keep(this.values, MEASURED.filter((name) => name in values), (name) => name, (name) => make("div", {}, make("dt", {}, text(`vital.${name}`)), make("dd")), (node, name) => {
      setText(node.children[1], `${Math.round(values[name])} ${text(`unit.${name}`)}`);
    });
    const lacking = taking ? proposal.missing : [];
    keep(this.missing, lacking.map((words, n) => [n, words]), ([n]) => String(n), () => make("li"), (node, [, words]) => setText(node, said(words)));
    setHidden(this.missing, !lacking.length);
    setHidden(this.confirm, !taking || lacking.length > 0);
    setHidden(this.measure.parentElement, !taking);
  }

  /** Where it can go by hand. Leaving the usual way needs a reason, which is asked for. */
  #showMoves(phases, view) {
    const wanted = phases.map((phase) => `${phase}${phase === "ready" && !view.baseline ? "!" : ""}`).join();
    if (this.moves.dataset.wanted === wanted) return;
    this.moves.dataset.wanted = wanted;
    this.moves.replaceChildren(...phases.map((phase) => this.#move(phase, view)));
  }

  #move(phase, view) {
    const label = text(phase === "aborted" ? "stage.abort" : "stage.go", { phase: text(`phase.${phase}`) });
    const why = phase === "aborted" ? "stage.abort-what" : phase === "ready" && !view.baseline ? "stage.no-baseline" : null;
    if (!why) return this.button(label, { address: "phase", body: () => ({ phase }), kind: phase === view.next_phases[0] ? "main" : "plain" });
    const kind = phase === "aborted" ? "danger" : "plain";
    const send = (reason) => this.desk.send("phase", { phase, reason });
    return make("button", { type: "button", class: kind, onclick: () => ask({ title: label, what: text(why), label, kind, send }) }, label);
  }
}
