// A session that is over for longer than it is kept at hand: what the record has of it, and where all of it is.

import { make, setText } from "../dom.js";
import { roomText, text } from "../texts.js";
import { read } from "./case.js";
import { only } from "./panel.js";

const NOT_OPEN = { present: [], questions: [], to_do: [], symptoms: [], checklist: [], off: [], moved: [], limit_steps: [], oxygen_l_min: 0 };

/** Its record: `view` as far as the pages of an open session need it, and its `entries`. */
export async function readClosed(id) {
  const record = await read(`sessions/${id}/record`);
  const lines = Object.values(record.chapters).flat().sort((one, other) => one.entry - other.entry);
  const entries = lines.map(({ entry, ts, by, what }) => ({ seq: entry, ts, by, what }));
  return { view: viewOf(record, entries), entries };
}

function viewOf(record, entries) {
  const all = (kind) => entries.filter(({ what }) => what.kind === kind);
  const doses = all("dose").map(({ what, ts, by }) => ({ ...what, at: ts, by }));
  return {
    ...NOT_OPEN,
    ...record,
    id: record.session,
    ended: record.ended || null,
    started_by: all("opened")[0]?.by ?? "",
    phase: all("phase-entered").at(-1)?.what.phase ?? "screening",
    doses,
    baseline: all("baseline-confirmed").at(-1)?.what.values ?? null,
    sedation: all("symptom").findLast(({ what }) => what.symptom === "sedation" && what.score !== null)?.what.score ?? null,
  };
}

export class Closed {
  constructor(node, id) {
    const at = `/sessions/${id}`;
    this.title = make("h2", {}, text("gone.title"));
    this.why = make("p", {});
    this.links = make(
      "p",
      { class: "row", hidden: true },
      only("read_report", make("a", { class: "button", href: `${at}/report` }, text("leaving.report"))),
      make("a", { class: "button", href: `${at}/summary` }, text("leaving.summary")),
    );
    this.how = make("p", { class: "quiet", hidden: true }, text("gone.export", { id }));
    node.replaceChildren(this.title, this.why, this.links, this.how, make("p", {}, make("a", { href: "/sessions" }, text("gone.list"))));
  }

  /** `found`: its record, or null where there is none; `problem`: why it is not open. */
  show(found, problem) {
    setText(this.title, text(found ? "gone.closed" : "gone.title"));
    setText(this.why, found ? factsText(found.view) : problem);
    this.links.hidden = this.how.hidden = !found;
  }
}

function factsText(view) {
  const doses = view.doses.map(({ amount, unit, drug }) => `${amount} ${unit} ${drug}`).join(", ");
  return [roomText({ ...view, only_seat: view.seat === "a" }), view.client.code && text("head.client", { code: view.client.code }), doses].filter(Boolean).join(" · ");
}
