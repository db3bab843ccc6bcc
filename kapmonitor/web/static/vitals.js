// The numerals of one tile. A number is on the page only while it is fresh; else `---` and why.

import { make, setData, setText } from "./dom.js";
import { ageText, durationText, reasonText, text } from "./texts.js";

const NONE = "---";
const DIM_SHARE = 2 / 3; // of the time that a value may be shown: from here on it is dimmed

/** `moment`: `{age, live}`, the seconds since the picture came, and whether the feed is alive. */
function usable(shown, moment) {
  return Boolean(moment.live && shown && shown.value !== null && shown.age_s + moment.age <= shown.fresh_s);
}

function why(shown, moment) {
  if (!moment.live) return "";
  if (!shown) return reasonText("never");
  return reasonText(shown.reason ?? "stale");
}

/** `↑165/100`: one limit, or that of each half of a pair; nothing where there is none. */
function limitText(sign, limits) {
  const there = limits.filter((limit) => limit !== null && limit !== undefined);
  return there.length ? sign + there.map(Math.round).join("/") : "";
}

/** One numeral with label, unit, limits, and a line below. */
class Cell {
  constructor(kind, label, unit) {
    this.label = make("span", { class: "vital-label" }, label);
    this.unit = make("span", { class: "vital-unit" }, text(`unit.${unit}`));
    this.high = make("span", { class: "limit" });
    this.low = make("span", { class: "limit" });
    this.limits = make("span", { class: "limits", title: text("limits") }, this.high, this.low);
    this.number = make("div", { class: "number" }, NONE);
    this.noteText = make("span");
    this.noteMore = make("span", { class: "note-more" });
    this.note = make("div", { class: "vital-note" }, this.noteText, this.noteMore);
    const head = make("div", { class: "vital-head" }, this.label, " ", this.unit);
    this.node = make("div", { class: "vital", "data-vital": kind }, head, this.limits, this.number, this.note);
  }

  /** `notes`: the first always stands there, the others where there is room. */
  show(number, notes, { dim = false } = {}) {
    const [note = "", ...more] = notes.filter(Boolean);
    setText(this.number, number ?? NONE);
    setText(this.noteText, note);
    setText(this.noteMore, more.map((each) => ` · ${each}`).join(""));
    setData(this.node, "missing", number === null);
    setData(this.node, "dim", dim);
  }

  /** How far the number is behind the device, for who asks by pointing at it. */
  explain(delayS) {
    this.number.title = delayS ? text("delay", { n: delayS.toFixed(1) }) : "";
  }

  /** `pairs` of low and high, one for each of the `values`; what is beyond is marked. */
  showLimits(pairs, values) {
    setText(this.high, limitText("↑", pairs.map(([, high]) => high)));
    setText(this.low, limitText("↓", pairs.map(([low]) => low)));
    const there = (number) => number !== null && number !== undefined;
    setData(this.high, "broken", pairs.some(([, high], n) => there(high) && there(values[n]) && values[n] > high));
    setData(this.low, "broken", pairs.some(([low], n) => there(low) && there(values[n]) && values[n] < low));
  }

  alarm(priority) {
    setData(this.node, "alarm", priority);
  }
}

export class Vitals {
  constructor() {
    this.rate = new Cell("rate", text("vital.heart_rate"), "/min");
    this.spo2 = new Cell("spo2", text("vital.spo2"), "%");
    this.nibp = new Cell("nibp", text("vital.nibp"), "mmHg");
    this.cells = [this.rate, this.spo2, this.nibp];
  }

  update(session, moment) {
    this.#rate(session.values, moment);
    this.#spo2(session.values, moment);
    this.#nibp(session, moment);
  }

  /** The strap's rate; the oximeter's pulse stands in for it, and says so. */
  #rate({ heart_rate: heart, pulse_rate: pulse }, moment) {
    const [heartWorks, pulseWorks] = [usable(heart, moment), usable(pulse, moment)];
    const shown = heartWorks || !pulseWorks ? (heart ?? pulse) : pulse;
    const number = heartWorks || pulseWorks ? Math.round(shown.value) : null;
    setText(this.rate.label, text(shown === pulse && pulse ? "vital.pulse_rate" : "vital.heart_rate"));
    const notes = number === null ? [why(shown, moment)] : [ageText(shown.age_s + moment.age)];
    if (heartWorks && pulseWorks) notes.push(text("note.pulse", { n: Math.round(pulse.value) }));
    if (!heartWorks && pulseWorks) {
      notes.push(text("note.no-strap", { reason: heart ? why(heart, moment) : reasonText("not_available") }));
    }
    this.rate.show(number, notes);
    this.rate.explain(number === null ? 0 : shown.delay_s);
    this.rate.showLimits([[shown?.low ?? null, shown?.high ?? null]], [number]);
  }

  #spo2({ spo2, perfusion_index: perfusion }, moment) {
    const number = usable(spo2, moment) ? Math.round(spo2.value) : null;
    const notes = number === null ? [why(spo2, moment)] : [ageText(spo2.age_s + moment.age)];
    if (number !== null && usable(perfusion, moment)) {
      notes.push(text("note.perfusion", { n: perfusion.value.toFixed(1) }));
    }
    this.spo2.show(number, notes);
    this.spo2.explain(number === null ? 0 : spo2.delay_s);
    this.spo2.showLimits([[spo2?.low ?? null, spo2?.high ?? null]], [number]);
  }

  #nibp({ nibp, values, state }, moment) {
    const age = (nibp?.age_s ?? 0) + moment.age;
    const there = Boolean(moment.live && nibp && nibp.systolic !== null && age <= nibp.fresh_s);
    const pair = there ? `${Math.round(nibp.systolic)}/${Math.round(nibp.diastolic)}` : null;
    this.nibp.show(pair, this.#pressureNotes({ nibp, cuff: values.cuff_pressure, work: state?.work }, there, age, moment), {
      dim: there && age > DIM_SHARE * nibp.fresh_s,
    });
    const limits = nibp?.limits ?? {};
    const pairs = [limits.systolic ?? [null, null], limits.diastolic ?? [null, null]];
    this.nibp.showLimits(pairs, there ? [nibp.systolic, nibp.diastolic] : [null, null]);
  }

  /** Its age first; then whether the cuff measures, or when it will, and the mean. */
  #pressureNotes({ nibp, cuff, work }, there, age, moment) {
    if (!moment.live) return [];
    const old = !nibp?.reason || nibp.reason === "stale";
    const last = nibp && old ? text("note.old-pressure", { age: ageText(age) }) : "";
    const bad = nibp && !old ? text("note.bad-pressure", { reason: reasonText(nibp.reason), age: ageText(age) }) : "";
    const running = usable(cuff, moment) && text("note.cuff", { n: Math.round(cuff.value) });
    const due = !running && work?.cuff_due && dueText(Date.parse(work.cuff_due) - moment.nowMs);
    const mean = there && !running && nibp.mean !== null && text("note.mean", { n: Math.round(nibp.mean) });
    const first = there ? ageText(age) : last || bad || text("note.no-pressure");
    return [[first, running || due].filter(Boolean).join(" · "), mean];
  }
}

function dueText(ms) {
  const left = durationText(Math.abs(ms) / 1000);
  return text(ms > 0 ? "note.due" : "note.overdue", { left });
}
