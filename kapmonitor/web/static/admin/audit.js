// The audit log: who did what, when, from where, and what was refused. The newest lines; older ones on request.

import { dayText, text } from "../texts.js";
import { Section, button, field, read } from "./table.js";

const LINES = 50;

export class Audit extends Section {
  constructor(notice) {
    super("audit", notice, ["at", "by", "action", "what", "detail", "address"], { names: true });
    this.by = field(text("audit.by"));
    this.before = null;
    this.above.append(
      this.by,
      button(text("audit.newest"), () => this.#from(null)),
      button(text("audit.older"), () => this.#from(this.last)),
    );
  }

  #from(before) {
    this.before = before;
    this.#load();
  }

  /** Once by itself, then on request only: the record has better to do than to be read every two seconds. */
  async ask() {
    if (this.last === undefined) await this.#load();
  }

  async #load() {
    this.last ??= null;
    const asked = new URLSearchParams({ limit: LINES, by: this.by.value.trim() });
    if (this.before) asked.set("before", this.before);
    const lines = await read(`audit?${asked}`);
    if (!lines) return;
    this.last = lines.at(-1)?.id ?? this.before;
    this.rows(lines.map((line) => [dayText(line.ts), line.by, line.action, line.what, line.detail, line.address]));
  }
}
