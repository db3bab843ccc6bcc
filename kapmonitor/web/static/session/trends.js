// Trends of 15 minutes, an hour or the whole session: what was read (not smoothed), with limits, baseline, doses,
// events and alarms. What is missing is a gap, never a line.

import { make, setHidden, setText } from "../dom.js";
import { text, timeText } from "../texts.js";
import { episodes } from "./alarms.js";
import { read } from "./case.js";
import { nameOf } from "./events.js";
import { Panel } from "./panel.js";
import { Plot } from "./plot.js";

const SPANS = { quarter: 15, hour: 60, whole: null };
const AGAIN_MS = 10_000;
const MEASURED = ["heart_rate", "pulse_rate", "spo2"];
const USUAL = { rate: [40, 130], spo2: [84, 100], nibp: [50, 190] };
const HEIGHT = 120;
const LANES = 3;

export class Trends extends Panel {
  constructor(desk) {
    super("trends", desk, { open: true });
    this.span = "quarter";
    this.buttons = Object.keys(SPANS).map((name) => make("button", { type: "button", "aria-pressed": String(name === this.span), onclick: () => this.#choose(name) }, text(`trends.${name}`)));
    this.figures = Object.fromEntries(Object.keys(USUAL).map((name) => [name, make("figure", { class: "trend", "data-trend": name })]));
    this.key = make("p", { class: "quiet" }, text("trends.key"));
    this.failed = make("p", { class: "problem" });
    this.body.append(make("div", { class: "row", role: "group", "aria-label": text("trends.span") }, ...this.buttons), ...Object.values(this.figures), this.key, this.failed);
    this.found = null;
  }

  #choose(name) {
    this.span = name;
    this.buttons.forEach((button, n) => button.setAttribute("aria-pressed", String(Object.keys(SPANS)[n] === name)));
    this.askedMs = null;
    if (this.shown) this.update(this.shown);
  }

  update(shown) {
    this.shown = shown;
    const late = performance.now() - (this.askedMs ?? -Infinity) > AGAIN_MS;
    if (shown.moment.live && late && !this.asking) this.#ask(shown);
  }

  async #ask({ id, view, moment }) {
    this.askedMs = performance.now();
    this.asking = true;
    const minutes = SPANS[this.span] ?? Math.max(5, Math.ceil((moment.nowMs - Date.parse(view.started)) / 60_000));
    try {
      const found = await Promise.all(MEASURED.map((name) => read(`sessions/${id}/trend?quantity=${name}&minutes=${minutes}`)));
      this.found = Object.fromEntries(MEASURED.map((name, n) => [name, found[n]]));
      setText(this.failed, "");
      this.#draw();
    } catch (problem) {
      setText(this.failed, text("failed", { reason: problem.message }));
    } finally {
      this.asking = false;
    }
  }

  #draw() {
    const { heart_rate: rate, pulse_rate: pulse, spo2 } = this.found;
    const values = this.shown.place?.session?.values ?? {};
    const nibp = this.shown.place?.session?.nibp?.limits ?? {};
    const baseline = this.shown.view.baseline ?? {};
    const now = (value) => [value?.low ?? null, value?.high ?? null];
    this.#trend("rate", [["pulse", pulse], ["rate", rate]], this.#limits("heart_rate", now(values.heart_rate)), [baseline.heart_rate]);
    this.#trend("spo2", [["spo2", spo2]], this.#limits("spo2", now(values.spo2)), [baseline.spo2]);
    this.#pressures(this.#limits("systolic", nibp.systolic ?? [null, null]), [baseline.systolic, baseline.diastolic]);
  }

  /** What held from when on; where nobody has moved a limit, what holds now held all the time. */
  #limits(quantity, now) {
    const steps = this.shown.view.limit_steps.map(({ since, limits }) => ({ at: Date.parse(since), pair: limits[quantity] ?? [null, null] }));
    return steps.length ? steps : [{ at: -Infinity, pair: now }];
  }

  #paper(name, values, limits) {
    const [from, to] = [Date.parse(this.found.spo2.since), Date.parse(this.found.spo2.until)];
    const there = [...values, ...limits.flatMap(({ pair }) => pair)].filter((value) => value !== null && value !== undefined);
    const low = Math.min(USUAL[name][0], ...there.map((value) => value - 2));
    const high = Math.max(USUAL[name][1], ...there.map((value) => value + (name === "spo2" ? 0 : 4)));
    return new Plot({ low, high, from, to, height: HEIGHT, label: text(`trends.${name}`) });
  }

  #trend(name, curves, limits, baselines) {
    const all = curves.flatMap(([, trend]) => [...trend.low, ...trend.high]);
    const plot = this.#paper(name, all.filter((value) => value !== null), limits);
    plot.limits(limits);
    plot.scale(timeText);
    baselines.forEach((value) => plot.baseline(value));
    const gaps = curves.map(([kind, trend]) => plot.curve(kind, trend));
    for (const [from, to] of common(gaps)) plot.gap(from, to);
    this.#finish(name, plot);
  }

  #pressures(limits, baselines) {
    const taken = this.shown.case.entries.filter(({ what }) => what.kind === "measured" && what.systolic !== null && what.diastolic !== null);
    const plot = this.#paper("nibp", taken.flatMap(({ what }) => [what.systolic, what.diastolic]), limits);
    plot.limits(limits);
    plot.scale(timeText);
    baselines.forEach((value) => plot.baseline(value));
    for (const entry of taken) plot.pressure(Date.parse(entry.what.measured ?? entry.ts), entry.what.systolic, entry.what.diastolic);
    this.#finish("nibp", plot);
  }

  #finish(name, plot) {
    for (const mark of marksOf(this.shown.case.entries)) plot.mark(mark);
    const found = episodes(this.shown.case.course);
    found.forEach((each, n) => plot.alarm(each.priority, Date.parse(each.began), each.over ? Date.parse(each.over) : plot.to, n % LANES));
    const figure = this.figures[name];
    figure.replaceChildren(make("figcaption", {}, text(`trends.${name}`)), plot.node);
    setHidden(figure, false);
  }
}

/** What all curves lack: where one of two sources measures, nothing is missing. */
function common(gaps) {
  if (gaps.length === 1) return gaps[0];
  const [one, other] = gaps;
  const found = [];
  for (const [from, to] of one) {
    for (const [start, end] of other) if (Math.max(from, start) < Math.min(to, end)) found.push([Math.max(from, start), Math.min(to, end)]);
  }
  return found;
}

function marksOf(entries) {
  const marks = [];
  for (const { what, ts } of entries) {
    const at = Date.parse(what.given ?? ts);
    if (what.kind === "dose") marks.push({ kind: "dose-mark", at, words: `${what.amount} ${what.unit} ${what.drug}` });
    else if (what.kind === "symptom" && !what.resolved) marks.push({ kind: "event-mark", at, words: nameOf(what.symptom) });
    else if (what.kind === "help-called") marks.push({ kind: "event-mark", at, words: text("event.help") });
    else if (what.kind === "intervention") marks.push({ kind: "event-mark", at, words: what.what, own: true });
  }
  return marks;
}
