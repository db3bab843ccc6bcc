// What is seen in the patient, with one tap: what it is, how bad, and when it is over.

import { keep, make, setData, setHidden, setText } from "../dom.js";
import { durationText, has, text } from "../texts.js";
import { Panel, checkbox, field, heading, only } from "./panel.js";

const DANGER = ["chest_pain", "breathing", "syncope", "seizure", "neurological"];
const KINDS = [...DANGER, "nausea", "vomiting", "dizziness", "headache", "visual", "dissociation", "anxiety", "other"];
const SEVERITIES = ["mild", "moderate", "severe"];
const SCORES = [5, 4, 3, 2, 1, 0];

export class Events extends Panel {
  constructor(desk) {
    super("events", desk);
    this.open = make("ul", { class: "open-events" });
    this.severities = SEVERITIES.map((word) => make("input", { type: "radio", name: "severity", value: word }));
    const severity = make("fieldset", { class: "segments" }, make("legend", {}, text("events.severity")), ...this.severities.map((input, n) => make("label", {}, input, make("span", {}, text(`severity.${SEVERITIES[n]}`)))));
    this.words = field(text("events.words"), { maxlength: "500" });
    this.serious = checkbox(text("events.serious"), {});
    this.buttons = make("div", { class: "taps" }, ...KINDS.map((kind) => this.#tap(kind)));
    this.score = make("p", { class: "quiet" });
    this.scores = make("div", { class: "taps scores" }, ...SCORES.map((score) => this.#score(score)));
    this.body.append(this.open, only("log", make("div", { class: "stack" }, severity, this.buttons, this.words.node, this.serious.node, heading(text("events.sedation")), this.score, this.scores)));
  }

  #tap(kind) {
    return this.button(text(`event.${kind}`), {
      address: "events",
      kind: DANGER.includes(kind) ? "danger" : "plain",
      body: () => ({ kind, severity: this.#severity() ?? (DANGER.includes(kind) ? "severe" : undefined), text: this.words.input.value.trim(), serious: this.serious.input.checked }),
      done: () => this.#forget(),
    });
  }

  #score(score) {
    return this.button(text("events.score", { score, words: text(`moaas.${score}`) }), {
      address: "events",
      body: () => ({ kind: "sedation", score, text: this.words.input.value.trim() }),
      done: () => this.#forget(),
    });
  }

  #severity() {
    return this.severities.find((input) => input.checked)?.value;
  }

  /** The next event is another one: nothing of this is taken over. */
  #forget() {
    for (const input of this.severities) input.checked = false;
    this.words.input.value = "";
    this.serious.input.checked = false;
  }

  update({ view, place, moment }) {
    const symptoms = view.ended ? [] : (place?.session?.state?.work?.symptoms ?? view.symptoms);
    keep(
      this.open,
      symptoms,
      ({ symptom }) => symptom,
      ({ symptom }) => make("li", {}, make("span"), only("log", this.button(text("events.over"), { address: "events", body: () => ({ kind: symptom, resolved: true }) }))),
      (node, one) => {
        const how = one.score !== null ? `MOAA/S ${one.score}` : one.severity ? text(`severity.${one.severity}`) : "";
        const since = moment.live ? text("events.since", { since: durationText((moment.nowMs - Date.parse(one.since)) / 1000) }) : "";
        setText(node.children[0], [nameOf(one.symptom), how, since].filter(Boolean).join(" · "));
      },
    );
    setHidden(this.open, !symptoms.length);
    setText(this.score, view.sedation === null ? text("events.no-score") : text("events.last-score", { score: view.sedation, words: text(`moaas.${view.sedation}`) }));
    setData(this.node, "ended", Boolean(view.ended));
  }
}

export function nameOf(kind) {
  return has(`event.${kind}`) ? text(`event.${kind}`) : kind.replaceAll("_", " ");
}
