// Waveforms: the binary frame of kapmonitor/web/frames.py, and the lanes that sweep over a tile's canvases.

import { Lane } from "./lane.js";
import { make, setText } from "./dom.js";
import { text } from "./texts.js";

const QUANTITIES = ["ecg", "pleth"]; // from top to bottom

export function parseWaves(buffer) {
  const view = new DataView(buffer);
  const ascii = (start, length) => String.fromCharCode(...new Uint8Array(buffer, start, length));
  const blocks = [];
  for (let i = 1; i < view.byteLength; ) {
    const [session, quantity, count] = [view.getUint8(i), view.getUint8(i + 1), view.getUint16(i + 2, true)];
    const [rate, at] = [view.getFloat32(i + 4, true), view.getFloat64(i + 8, true)];
    const names = i + 16;
    const start = names + session + quantity;
    const values = Array.from({ length: count }, (_, n) => view.getFloat32(start + 4 * n, true));
    blocks.push({ session: ascii(names, session), quantity: ascii(names + session, quantity), rate, at, values });
    i = start + 4 * count;
  }
  return blocks;
}

/** The lanes of one tile: the pleth's is always there, another only where its device has ever sent something. */
export class Waves {
  constructor() {
    this.rows = new Map();
    this.node = make("div", { class: "lanes" });
    this.#row("pleth");
  }

  #row(quantity) {
    const canvas = make("canvas", { class: "wave", "aria-hidden": "true" });
    const note = make("span", { class: "wave-note" });
    const label = make("span", { class: "wave-label" }, text(`wave.${quantity}`));
    const node = make("div", { class: "lane", "data-wave": quantity }, label, note, canvas);
    this.rows.set(quantity, { node, note, lane: new Lane(canvas) });
    this.node.replaceChildren(...QUANTITIES.filter((each) => this.rows.has(each)).map((each) => this.rows.get(each).node));
  }

  push(block) {
    if (!QUANTITIES.includes(block.quantity)) return;
    if (!this.rows.has(block.quantity)) this.#row(block.quantity);
    this.rows.get(block.quantity).lane.push(block);
  }

  draw(nowMs, speed) {
    for (const { lane } of this.rows.values()) {
      lane.speed = speed;
      lane.draw(nowMs);
    }
  }

  /** `on`: by quantity, whether anything can be on that lane now. */
  show(on) {
    for (const [quantity, { lane, note }] of this.rows) {
      if (!on[quantity]) lane.blank();
      const none = text(!on[quantity] || lane.known ? "wave.none" : "wave.never");
      setText(note, lane.silent ? none : "");
    }
  }

  blank() {
    this.rows.forEach(({ lane }) => lane.blank());
  }

  recolour() {
    this.rows.forEach(({ lane }) => lane.recolour());
  }
}
