// The cuff: what it does now, with its pressure while it squeezes; start, stop, series, not now; arms and timetable.

import { make, setHidden, setText } from "../dom.js";
import { durationText, text } from "../texts.js";
import { Panel, choice, row } from "./panel.js";

const SIDES = ["unknown", "left", "right"];
const PRESETS = ["standard", "quiet", "manual"];
const SERIES_MIN = 5;
const NOT_NOW_MIN = 5;

export class Cuff extends Panel {
  constructor(desk) {
    super("cuff", desk, { open: true });
    this.now = make("p", { class: "cuff-now", role: "status" });
    this.bar = make("meter", { min: "0", max: "220", class: "cuff-bar", "aria-label": text("cuff.pressure") });
    this.due = make("p", { class: "quiet" });
    this.start = this.button(text("control.cuff-start"), { address: "cuff/start", task: "measure", kind: "main" });
    this.stop = this.button(text("control.cuff-stop"), { address: "cuff/stop", task: "stop_cuff", kind: "danger" });
    this.series = this.button(text("cuff.series", { n: SERIES_MIN }), { address: "cuff/series", task: "measure", body: () => ({ minutes: SERIES_MIN }) });
    this.noSeries = this.button(text("cuff.no-series"), { address: "cuff/series", task: "measure", body: () => ({ minutes: 0 }) });
    this.later = this.button(text("cuff.not-now", { n: NOT_NOW_MIN }), { address: "cuff/not-now", task: "log", body: () => ({ minutes: NOT_NOW_MIN }) });
    this.goOn = this.button(text("cuff.go-on"), { address: "cuff/not-now", task: "log", body: () => ({ minutes: 0 }) });
    this.doing = make("div", { class: "stack" }, row(this.start, this.stop), row(this.series, this.noSeries, this.later, this.goOn));
    this.settings = make("details", { class: "fold" }, make("summary", {}, text("cuff.settings")), this.#preset(), this.#arms());
    this.body.append(this.now, this.bar, this.due, this.doing, this.settings);
  }

  #preset() {
    this.preset = choice(text("cuff.preset"), PRESETS.map((word) => [word, text(`preset.${word}`)]));
    return this.form(text("cuff.preset-go"), { address: "preset", task: "measure", kind: "plain", keep: true, fields: [this.preset.node], body: () => ({ preset: this.preset.input.value }) });
  }

  #arms() {
    const sides = SIDES.map((side) => [side, text(`side.${side}`)]);
    const maybe = [["", text("side.none")], ...sides.slice(1)];
    this.arms = {
      cuff: choice(text("arms.cuff"), sides),
      oximeter: choice(text("arms.oximeter"), sides),
      infusion: choice(text("arms.infusion"), maybe),
      forbidden: choice(text("arms.forbidden"), maybe),
    };
    const body = () => ({ arms: Object.fromEntries(Object.entries(this.arms).map(([name, { input }]) => [name, input.value || null])) });
    return this.form(text("arms.set"), { address: "arms", task: "measure", kind: "plain", keep: true, fields: Object.values(this.arms).map(({ node }) => node), body });
  }

  update({ view, place, moment }) {
    const work = place?.session?.state?.work ?? view;
    const pressure = moment.live ? inflated(place?.session, moment) : null;
    const doing = pressure !== null ? "measuring" : moment.live ? work.cuff : "unknown";
    setText(this.now, pressure === null ? text(`cuff.${doing}`) : text("cuff.at", { n: Math.round(pressure) }));
    setHidden(this.bar, pressure === null);
    if (pressure !== null) this.bar.value = pressure;
    setText(this.due, moment.live ? dueText(work, moment) : "");
    setHidden(this.doing, Boolean(view.ended));
    setHidden(this.settings, Boolean(view.ended));
    const series = Boolean(work.series_until);
    setHidden(this.series, series);
    setHidden(this.noSeries, !series);
    setHidden(this.later, Boolean(work.deferred_until));
    setHidden(this.goOn, !work.deferred_until);
    this.#showSettings(view);
  }

  /** What is set; nobody's choice is overwritten while somebody is choosing. */
  #showSettings({ preset, arms }) {
    const mark = JSON.stringify([preset, arms]);
    if (this.settings.dataset.mark === mark) return;
    this.settings.dataset.mark = mark;
    this.preset.input.value = preset;
    for (const [name, { input }] of Object.entries(this.arms)) input.value = arms[name] ?? "";
  }
}

/** The cuff's own pressure, while it says one that is fresh. */
function inflated(session, moment) {
  const shown = session?.values.cuff_pressure;
  return shown && shown.value !== null && shown.age_s + moment.age <= shown.fresh_s ? shown.value : null;
}

function dueText(work, { nowMs }) {
  const left = (until) => durationText(Math.abs(Date.parse(until) - nowMs) / 1000);
  const parts = [];
  if (work.series_until) parts.push(text("cuff.series-until", { left: left(work.series_until) }));
  if (work.deferred_until) parts.push(text("cuff.deferred", { left: left(work.deferred_until) }));
  if (work.cuff_due) {
    const late = Date.parse(work.cuff_due) <= nowMs;
    parts.push(text(late ? "cuff.late" : "cuff.due", { left: left(work.cuff_due), why: work.cuff_due_why }));
  }
  return parts.length ? parts.join(" · ") : text("cuff.nothing-due");
}
