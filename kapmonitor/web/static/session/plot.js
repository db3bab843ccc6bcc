// One trend as SVG: time from left to right, limit bands, the baseline, markers, gaps, and what was measured.

const SVG = "http://www.w3.org/2000/svg";
export const WIDTH = 640;
export const LEFT = 34;
const RIGHT = 6;
const TOP = 6;
const FOOT = 15;
const TICKS_MIN = [1, 2, 5, 10, 15, 30, 60, 120];
const MOST_TICKS = 8;
const GAP_S = 10; // shorter than this a gap is no longer than what an alarm's delay bridges

export function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

let made = 0;

function hatched(id) {
  const lines = svg("path", { class: "hatch", d: "M0 6L6 0" });
  return svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, lines);
}

export class Plot {
  /** Values from `low` to `high`, times from `from` to `to` (ms), on `height` units. */
  constructor({ low, high, from, to, height, label }) {
    Object.assign(this, { low, high, from, to, height });
    this.node = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "plot", role: "img", "aria-label": label });
    this.bottom = height - FOOT;
    this.hatch = `hatch-${(made += 1)}`;
    this.node.append(svg("title", {}, label), svg("defs", {}, hatched(this.hatch)), svg("rect", { class: "paper", x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: this.bottom - TOP }));
  }

  x(ms) {
    const share = (ms - this.from) / Math.max(this.to - this.from, 1);
    return round(LEFT + Math.min(Math.max(share, 0), 1) * (WIDTH - LEFT - RIGHT));
  }

  y(value) {
    const share = (value - this.low) / (this.high - this.low);
    return round(this.bottom - Math.min(Math.max(share, 0), 1) * (this.bottom - TOP));
  }

  inside(ms) {
    return ms >= this.from && ms <= this.to;
  }

  scale(timeText) {
    const step = niceStep(this.high - this.low);
    for (let value = Math.ceil(this.low / step) * step; value <= this.high; value += step) {
      this.#line("grid", LEFT, this.y(value), WIDTH - RIGHT, this.y(value));
      this.words("tick", LEFT - 4, this.y(value) + 3.5, String(value), "end");
    }
    const minutes = (this.to - this.from) / 60_000;
    const every = (TICKS_MIN.find((each) => minutes / each <= MOST_TICKS) ?? TICKS_MIN.at(-1)) * 60_000;
    for (let at = Math.ceil(this.from / every) * every; at <= this.to; at += every) {
      this.#line("grid", this.x(at), TOP, this.x(at), this.bottom);
      if (this.x(at) < WIDTH - 24) this.words("tick", this.x(at), this.height - 4, timeText(at), "middle");
    }
  }

  /** Beyond a limit the paper is shaded; `steps`: from when (ms) on which pair held, in order. */
  limits(steps) {
    steps.forEach(({ at, pair: [low, high] }, n) => {
      const [from, to] = [Math.max(at, this.from), Math.min(steps[n + 1]?.at ?? this.to, this.to)];
      if (to <= from) return;
      if (high !== null && high < this.high) this.#beyond(from, to, TOP, this.y(high), this.y(high));
      if (low !== null && low > this.low) this.#beyond(from, to, this.y(low), this.bottom, this.y(low));
    });
  }

  #beyond(from, to, top, bottom, at) {
    const [x, right] = [this.x(from), this.x(to)];
    this.node.append(svg("rect", { class: "beyond", x, y: top, width: round(right - x), height: Math.max(bottom - top, 0) }));
    this.#line("limit", x, at, right, at);
  }

  baseline(value) {
    if (value !== undefined && value !== null) this.#line("baseline", LEFT, this.y(value), WIDTH - RIGHT, this.y(value));
  }

  /** `own`: the words are somebody's own, and go when the screen is locked. */
  mark({ kind, at, words, own = false }) {
    if (!this.inside(at)) return;
    const line = this.#line(kind, this.x(at), TOP, this.x(at), this.bottom);
    if (own) line.dataset.private = "";
    line.append(svg("title", {}, words));
  }

  /** Where nothing was measured. */
  gap(from, to) {
    const [x, right] = [this.x(Math.max(from, this.from)), this.x(Math.min(to, this.to))];
    if (right > x) this.node.append(svg("rect", { class: "gap", fill: `url(#${this.hatch})`, x, y: TOP, width: round(right - x), height: this.bottom - TOP }));
  }

  alarm(priority, from, to, lane) {
    const [x, right] = [this.x(from), this.x(to)];
    if (from > this.to || to < this.from) return;
    this.node.append(svg("rect", { class: `alarm ${priority}`, x, y: TOP + 3 + 5 * lane, width: Math.max(round(right - x), 2), height: 4 }));
  }

  /** A band from the lowest to the highest of each part, broken where there was nothing; gaps are returned. */
  curve(kind, { since, until, low, high }) {
    const [start, end] = [Date.parse(since), Date.parse(until)];
    const part = (end - start) / Math.max(low.length, 1);
    const bridge = Math.max(1, Math.ceil((GAP_S * 1000) / part));
    let run = [];
    let last = null;
    const gaps = [];
    low.forEach((value, n) => {
      if (value === null) return;
      if (last !== null && n - last > bridge) {
        this.#stroke(kind, run);
        gaps.push([start + (last + 1) * part, start + n * part]);
        run = [];
      }
      run.push([this.x(start + (n + 0.5) * part), this.y(high[n]), this.y(value)]);
      last = n;
    });
    this.#stroke(kind, run);
    const first = low.findIndex((value) => value !== null);
    if (first > bridge) gaps.push([start, start + first * part]);
    if (last === null) gaps.push([start, end]);
    else if (low.length - 1 - last > bridge) gaps.push([start + (last + 1) * part, end]);
    return gaps;
  }

  #stroke(kind, run) {
    if (!run.length) return;
    const points = run.map(([x, top]) => `${x} ${top}`).concat(run.map(([x, , bottom]) => `${x} ${bottom}`).reverse());
    this.node.append(svg("path", { class: `curve ${kind}`, d: `M${points.join("L")}Z` }));
  }

  /** A cuff measurement: a bar from diastolic to systolic. */
  pressure(ms, systolic, diastolic) {
    if (!this.inside(ms)) return;
    const x = this.x(ms);
    const [top, bottom] = [this.y(systolic), this.y(diastolic)];
    this.node.append(svg("path", { class: "pressure", d: `M${x - 3} ${top}h6M${x} ${top}V${bottom}M${x - 3} ${bottom}h6` }, svg("title", {}, `${Math.round(systolic)}/${Math.round(diastolic)}`)));
  }

  words(kind, x, y, words, anchor) {
    this.node.append(svg("text", { class: kind, x, y, "text-anchor": anchor }, words));
  }

  #line(kind, x1, y1, x2, y2) {
    const line = svg("line", { class: kind, x1, y1, x2, y2 });
    this.node.append(line);
    return line;
  }
}

function niceStep(span) {
  return [1, 2, 5, 10, 20, 25, 50].find((step) => span / step <= 5) ?? 100;
}

const round = (value) => Math.round(value * 10) / 10;
