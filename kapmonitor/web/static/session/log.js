// What was entered, newest first, in words; each line can be corrected, and both stay readable.

import { keep, make, setText } from "../dom.js";
import { has, text, timeText } from "../texts.js";
import { nameOf } from "./events.js";
import { Panel, ask, only } from "./panel.js";

const SHOWN = 40;
const NOT_SHOWN = new Set(["cuff-asked", "device-used"]);

export class Log extends Panel {
  constructor(desk) {
    super("log", desk);
    this.lines = make("ol", { class: "log", reversed: true });
    this.body.append(this.lines);
  }

  update({ case: one }) {
    const shown = one.entries.filter(({ what }) => !NOT_SHOWN.has(what.kind)).slice(-SHOWN).reverse();
    if (this.newest === one.entries.length) return;
    this.newest = one.entries.length;
    keep(this.lines, shown, ({ seq }) => String(seq), (entry) => this.#create(entry), () => undefined);
  }

  #create({ seq, ts, by, what }) {
    const words = entryText(what);
    const title = text("log.correct", { n: seq });
    const fix = only("log", make("button", { type: "button", class: "small", "aria-label": title, onclick: () => ask({ title, what: words, label: text("log.correct-go"), send: (said) => this.desk.send("corrections", { of: seq, text: said }) }) }, text("log.fix")));
    const line = make("li", {}, make("time", {}, timeText(Date.parse(ts))), make("span", { class: "log-words" }), make("span", { class: "quiet" }, by), fix);
    setText(line.children[1], words);
    return line;
  }
}

/** One entry as a line: its kind in words, and what is in it. */
export function entryText(what) {
  const title = has(`entry.${what.kind}`) ? text(`entry.${what.kind}`) : what.kind.replaceAll("-", " ");
  const more = (DETAILS[what.kind] ?? plain)(what);
  return more ? `${title}: ${more}` : title;
}

const join = (...parts) => parts.filter((part) => part || part === 0).join(" · ");
const phaseText = (phase) => (has(`phase.${phase}`) ? text(`phase.${phase}`) : phase);
const plain = (what) => join(what.action, what.reason, what.text);

const DETAILS = {
  opened: (what) => join(text(`route.${what.route}`), what.client?.code),
  "phase-entered": (what) => join(phaseText(what.phase), what.reason),
  measured: (what) => join(what.systolic === null ? "---" : `${Math.round(what.systolic)}/${Math.round(what.diastolic)}`, what.trigger, what.quality === "valid" ? "" : what.quality),
  "baseline-confirmed": (what) => join(...Object.entries(what.values).map(([name, value]) => `${text(`vital.${name}`)} ${Math.round(value)}`), what.posture),
  "hold-passed": (what) => join(what.gate, what.reason),
  dose: (what) => join(`${what.amount} ${what.unit} ${what.drug}`, text(`route.${what.route}`), what.lot, what.closed.join(", "), what.reason),
  infusion: (what) => join(text(`infusion.${what.action}`), what.rate_ml_h && `${what.rate_ml_h} ml/h`),
  lozenge: (what) => text(`lozenge.${what.action}`),
  symptom: (what) => join(nameOf(what.symptom), what.severity && text(`severity.${what.severity}`), what.score !== null && `MOAA/S ${what.score}`, what.resolved && text("log.over"), what.serious && text("log.serious"), what.text),
  typed: (what) => join(text(`vital.${what.quantity}`), what.value),
  oxygen: (what) => `${what.flow_l_min} l/min`,
  intervention: (what) => what.what,
  rechecked: (what) => join(`#${what.of}`, what.text),
  correction: (what) => join(`#${what.of}`, what.text),
  "preset-chosen": (what) => text(`preset.${what.preset}`),
  "arms-set": (what) => join(...["cuff", "oximeter", "infusion", "forbidden"].filter((name) => what.arms[name]).map((name) => `${text(`arms.${name}`)} ${text(`side.${what.arms[name]}`)}`)),
  "cuff-deferred": (what) => text("minutes", { n: what.minutes }),
  "cuff-series": (what) => text("minutes", { n: what.minutes }),
  interrupted: (what) => join(text("minutes", { n: what.minutes }), what.with_whom),
  "switched-off": (what) => join(what.rule, what.reason || text("log.on-again")),
  "limit-moved": (what) => join(what.rule, what.column, what.value ?? text("limits.as-site"), what.reason),
  screened: (what) => join(...what.medicines.map((name) => text(`medicine.${name}`)), what.text),
  moved: (what) => join(what.room, what.seat),
  answered: (what) => join(what.question, what.answer),
  "item-signed": (what) => join(what.item, what.shown, what.doubt, what.text),
  gap: (what) => join(`${timeText(Date.parse(what.since))}–${timeText(Date.parse(what.until))}`, what.reason),
  ended: (what) => join(what.reason, what.open_items.join(", ")),
};
