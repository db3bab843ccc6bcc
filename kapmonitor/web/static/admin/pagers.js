// Who is called, in what order, and how each pager stands; handing over, covering, and the shift's test page.

import { command } from "../api.js";
import { keep, make, setData, setHidden, setText } from "../dom.js";
import { may } from "../may.js";
import { text, timeText } from "../texts.js";

const COVER_MIN = 30;
const FACTS = ["state", "duty", "answer"];
const ORDERS = [
  ["test", "test_pager"],
  ["hand-over", "change_duty"],
  ["cover", "change_duty"],
  ["on-call", "change_duty"],
];
const at = (ts) => timeText(Date.parse(ts));

export class Pagers {
  constructor(notice) {
    this.notice = notice;
    this.verdict = make("p", { class: "verdict", role: "status" });
    this.list = make("ol", { class: "pagers" });
    const heading = make("h2", { id: "pagers" }, text("duty.title"));
    this.node = make("section", { class: "panel", "aria-labelledby": "pagers" }, heading, this.verdict, this.list);
  }

  async ask() {
    try {
      const answer = await fetch("/api/v1/pagers");
      if (answer.ok) this.#show(await answer.json());
    } catch {
      // no connection: that lies over the whole page
    }
  }

  #show(pagers) {
    const verdict = verdictOn(pagers);
    setText(this.verdict, text(`duty.verdict.${verdict}`));
    setData(this.verdict, "verdict", verdict);
    keep(this.list, pagers, (pager) => pager.id, () => this.#make(), (row, pager) => fill(row, pager));
  }

  #make() {
    const order = ([name]) => make("button", { type: "button", "data-order": name, onclick: (event) => this.#order(name, event.target.closest("li")) }, text(`duty.${name}`));
    const buttons = ORDERS.filter(([, task]) => may(task)).map(order);
    const lines = FACTS.map((name) => make("p", { class: name, "data-private": name === "state" }));
    return make("li", { class: "pager" }, make("h3", { "data-private": true }), ...lines, make("div", { class: "orders" }, ...buttons));
  }

  async #order(name, row) {
    const pager = row.dataset.key;
    try {
      await command(`pagers/${pager}/${name}`, name === "cover" ? { minutes: COVER_MIN } : undefined);
      this.notice(text(`duty.${name}-done`, { pager }));
      await this.ask();
    } catch (problem) {
      this.notice(text("failed", { reason: problem.message }));
    }
  }
}

/** Whether somebody can be called, in one word; a phone alone is nobody. */
function verdictOn(pagers) {
  const online = pagers.filter((pager) => pager.online);
  if (!pagers.length) return "none";
  if (!online.length) return "nobody";
  if (online.every((pager) => pager.phone_only)) return "phones";
  return online.some((pager) => !pager.phone_only && pager.answered_at) ? "answered" : "untested";
}

function fill(row, pager) {
  const part = (name) => row.querySelector(name);
  const who = pager.taken_by || pager.person;
  setText(part("h3"), who && who !== pager.id ? `${pager.id} · ${who}` : pager.id);
  setData(row, "online", String(pager.online));
  setText(part(".state"), stateOf(pager));
  setText(part(".duty"), dutyOf(pager));
  setText(part(".answer"), answerOf(pager));
  setHidden(part(".answer"), !answerOf(pager));
  for (const button of row.querySelectorAll("[data-order]")) {
    const { order } = button.dataset;
    button.disabled = order !== "on-call" && !pager.online;
    setHidden(button, order !== "test" && pager.place === 1);
  }
}

function stateOf(pager) {
  const words = [text(!pager.online ? "duty.offline" : pager.phone_only ? "duty.phone" : "duty.online")];
  if (pager.taken_by) words.push(text("duty.taken", { by: pager.taken_by, time: at(pager.taken_at) }));
  if (pager.taken_by && pager.battery !== null) words.push(text("device.battery", { n: pager.battery }));
  if (pager.taken_by && pager.online && !pager.sound) words.push(text("duty.silent"));
  words.push(pager.heard_at ? text("duty.heard", { time: at(pager.heard_at) }) : text("duty.never"));
  return words.join(" · ");
}

function dutyOf(pager) {
  const words = [text("duty.place", { n: pager.place })];
  if (pager.on_call) words.push(text("duty.is-on-call"));
  if (pager.covers_until) words.push(text("duty.covers", { time: at(pager.covers_until) }));
  if (pager.asked) words.push(text("duty.asked"));
  return words.join(" · ");
}

function answerOf(pager) {
  const words = [];
  if (pager.test) {
    const said = pager.test.said ? text(`duty.said.${pager.test.said}`, { time: at(pager.test.said_at) }) : text("duty.said.nothing");
    words.push(`${text("duty.tested", { time: at(pager.test.sent_at) })} ${said}`);
  }
  words.push(pager.answered_at ? text("duty.answered", { time: at(pager.answered_at) }) : text("duty.unanswered"));
  return words.join(" ");
}
