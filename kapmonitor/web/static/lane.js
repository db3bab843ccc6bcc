// One waveform that sweeps over a canvas: only what is new is drawn.

const JITTER_S = 0.25; // what the network may be late by before the line stutters
const LATE_S = 1.5; // beyond this, catch up at once instead of hurrying
const JUMP_S = 0.5; // samples that are this far from where they were due are after a gap
const SILENT_MS = 2000;
const PIXELS_PER_S = 60;
const ERASE_PX = 16;
const SCALE_S = 1.2; // a whole beat is looked at before the first line: then its height fits

export class Lane {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.speed = this.scale = 1;
    this.blank();
    new ResizeObserver(() => this.#fit()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
  }

  recolour() {
    this.colour = null;
  }

  /** Nothing is coming: an empty lane, never an old line. */
  blank() {
    this.waiting = [];
    this.playhead = null;
    this.pen = this.from = null;
    this.low = this.high = this.begun = this.due = null;
    this.pushedMs = -Infinity;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Whether this page has ever seen a sample here: some devices have none to give. */
  get known() {
    return this.everPushed === true;
  }

  get silent() {
    return performance.now() - this.pushedMs > SILENT_MS;
  }

  push(block) {
    this.pushedMs = performance.now();
    this.everPushed = true;
    const start = this.#timed(block);
    block.values.forEach((value, n) => this.waiting.push({ t: start + n / block.rate, value }));
    this.due = start + block.values.length / block.rate;
    this.gapS = 2.5 / block.rate;
    const tooMany = this.waiting.length - 4 * LATE_S * this.speed * block.rate;
    if (tooMany > 0) this.waiting.splice(0, tooMany); // a hidden tab does not draw, and does not hoard
  }

  /** Samples are evenly spaced; when their bytes happen to arrive is not. Small differences are pulled in slowly. */
  #timed({ at }) {
    const early = at - (this.due ?? -Infinity);
    return Math.abs(early) > JUMP_S * this.speed ? at : this.due + 0.05 * early;
  }

  draw(nowMs) {
    const passed = Math.min((nowMs - (this.drawnMs ?? nowMs)) / 1000, 1) * this.speed;
    this.drawnMs = nowMs;
    if (this.silent) {
      if (this.playhead !== null) this.blank();
      return;
    }
    if (!this.waiting.length) return;
    this.#advance(passed);
    this.#stroke();
  }

  #advance(passed) {
    const newest = this.waiting[this.waiting.length - 1].t;
    const target = JITTER_S * this.speed;
    const lag = newest - (this.playhead ?? -Infinity);
    if (lag > LATE_S * this.speed || lag < -LATE_S * this.speed) {
      this.playhead = newest - target;
      this.pen = null;
      while (this.waiting.length > 1 && this.waiting[0].t < this.playhead - target) this.waiting.shift();
    } else this.playhead += Math.max(0, passed * (1 + (0.2 * (lag - target)) / this.speed));
  }

  /** All that is new is one path: erased once, drawn once. */
  #stroke() {
    const { context, canvas, scale } = this;
    const perSecond = (PIXELS_PER_S * scale) / this.speed;
    this.colour ??= getComputedStyle(canvas).color;
    context.strokeStyle = this.colour;
    context.lineWidth = 2 * scale;
    context.lineJoin = "round";
    let used = 0;
    while (used < this.waiting.length && this.waiting[used].t <= this.playhead) used += 1;
    for (const sample of this.waiting.splice(0, used)) this.#point(sample, perSecond);
    this.#flush();
  }

  #point({ t, value }, perSecond) {
    if (!Number.isFinite(value)) {
      this.#flush();
      this.pen = null;
      return;
    }
    const x = (t * perSecond) % this.canvas.width;
    const y = this.#height(value);
    this.begun ??= t;
    if (t - this.begun < SCALE_S * this.speed) return;
    const joined = this.pen && t - this.pen.t < this.gapS && x >= this.pen.x;
    if (!joined) this.#flush();
    if (this.from === null) {
      const { x: startX, y: startY } = joined ? this.pen : { x, y };
      this.context.beginPath();
      this.context.moveTo(startX, startY);
      this.from = startX;
    }
    this.context.lineTo(x, y);
    this.pen = { t, x, y };
  }

  /** The last path's end is behind the bar, and stays. */
  #flush() {
    if (this.from === null) return;
    const { context, canvas, scale } = this;
    const ahead = this.pen.x + ERASE_PX * scale;
    context.clearRect(this.from + 2 * scale, 0, ahead - this.from, canvas.height);
    if (ahead > canvas.width) context.clearRect(0, 0, ahead - canvas.width, canvas.height);
    context.stroke();
    this.from = null;
  }

  /** The lane's height is what the last seconds needed. */
  #height(value) {
    const span = (this.high ?? value) - (this.low ?? value);
    this.high = Math.max(value, (this.high ?? value) - 0.003 * span);
    this.low = Math.min(value, (this.low ?? value) + 0.003 * span);
    const share = this.high > this.low ? (value - this.low) / (this.high - this.low) : 0.5;
    return this.canvas.height * (0.92 - 0.84 * share);
  }

  #fit() {
    const { canvas } = this;
    const scale = (this.scale = Math.min(devicePixelRatio || 1, 2));
    const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (canvas.width === width && canvas.height === height) return;
    [canvas.width, canvas.height] = [width, height];
    this.pen = this.from = null;
  }
}
