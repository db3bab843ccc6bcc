// A section with a heading, a form to add something, and a table: what people, displays and the audit log share.

import { make } from "../dom.js";
import { text } from "../texts.js";

export class Section {
  /** `name`: of its texts; `columns`: keys below `NAME.column.`. */
  constructor(name, notice, columns) {
    this.notice = notice;
    this.body = make("tbody");
    const head = make("tr", {}, ...columns.map((each) => make("th", { scope: "col" }, text(`${name}.column.${each}`))));
    const table = make("table", {}, make("thead", {}, head), this.body);
    this.above = make("div", { class: "section-above" });
    this.node = make("section", { class: "panel", "aria-labelledby": name },
      make("h2", { id: name }, text(`${name}.title`)), this.above, make("div", { class: "section-table" }, table));
  }

  /** Do it and say that it is done; or why not. */
  async attempt(doing, done) {
    try {
      const said = await doing();
      this.notice(done(said));
    } catch (problem) {
      this.notice(text("failed", { reason: problem.message }));
    }
    await this.ask();
  }

  rows(found) {
    const lines = found.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, ...[cell].flat()))));
    const same = lines.length === this.body.children.length && lines.every((line, n) => line.outerHTML === this.body.children[n].outerHTML);
    if (!same) this.body.replaceChildren(...lines); // what has not changed stays: a finger may be on its button
  }
}

export function button(label, onclick, kind = "plain") {
  return make("button", { type: "button", class: kind, onclick }, label);
}

export function choice(values, label, chosen = values[0]) {
  return make("select", { "aria-label": label }, ...values.map(([value, words]) => make("option", { value, selected: value === chosen }, words)));
}

export function field(label, attributes = {}) {
  return make("input", { "aria-label": label, placeholder: label, autocapitalize: "none", spellcheck: "false", autocomplete: "off", ...attributes });
}

/** What is there, or null where it may not be read or nothing answers. */
export async function read(path) {
  try {
    const answer = await fetch(`/api/v1/${path}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // no connection: that lies over the whole page
  }
}
