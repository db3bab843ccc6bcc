// A section with a heading, a form to add something, and a table: what people, displays and the audit log share.

import { make } from "../dom.js";
import { text } from "../texts.js";

export class Section {
  /** `name`: of its texts; `columns`: keys below `NAME.column.`; `names`: it says who did what, or is who. */
  constructor(name, notice, columns, { names = false } = {}) {
    this.notice = notice;
    const { node, rows } = grid(name, columns);
    Object.assign(this, { table: node, rows });
    this.above = make("div", { class: "section-above" });
    this.node = make("section", { class: "panel", "aria-labelledby": name, "data-private": names },
      make("h2", { id: name }, text(`${name}.title`)), this.above, this.table);
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
}

/** A table of its own: `rows(found)` fills it, a list of cells for each row; `columns`: keys below `NAME.column.`. */
export function grid(name, columns) {
  const body = make("tbody");
  const heads = columns.map((each) => text(`${name}.column.${each}`));
  const head = make("tr", {}, ...heads.map((words) => make("th", { scope: "col" }, words)));
  const table = make("table", {}, make("thead", {}, head), body);
  const rows = (found) => {
    const lines = found.map((cells) => make("tr", {}, ...cells.map((cell, n) => make("td", { "data-head": heads[n] }, ...[cell].flat()))));
    const same = lines.length === body.children.length && lines.every((line, n) => line.outerHTML === body.children[n].outerHTML);
    if (!same) body.replaceChildren(...lines); // what has not changed stays: a finger may be on its button
  };
  return { node: make("div", { class: "section-table" }, table), rows };
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
