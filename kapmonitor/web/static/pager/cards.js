// The list of pages: each says how urgent, where, what, since when, and what was answered.

import { keep, make, setData, setHidden, setText } from "../dom.js";
import { said } from "../service-texts.js";
import { durationText, roomText, text, timeText } from "../texts.js";
import { inOrder, late, waits } from "./box.js";

const STEADY_MS = 1000;
const ANSWERS = ["read", "accepted", "rejected"];

export class Cards {
  /** `onAnswer(alarm, status)`. After the list has moved no tap counts for a second: it was meant for what stood there. */
  constructor(list, onAnswer) {
    Object.assign(this, { list, onAnswer, steadyAt: 0, order: "" });
  }

  /** `now`: the service's time in ms. */
  show(box, now) {
    const found = inOrder(box);
    const order = found.map((held) => held.page.alarm).join(" ");
    if (this.order && order !== this.order) this.steadyAt = performance.now() + STEADY_MS;
    this.order = order;
    const sending = new Set(box.unsent.map((each) => `${each.page_id} ${each.status}`));
    keep(this.list, found, (held) => held.page.alarm, () => this.#make(), (card, held) => this.#update(card, held, now, sending));
  }

  #make() {
    const part = (name, tag = "p") => make(tag, { class: name });
    const button = (status) =>
      make("button", { type: "button", class: status, onclick: (event) => this.#tap(event.target.closest("li").held, status) });
    const head = make("div", { class: "card-head" }, part("priority", "span"), part("where", "h2"), part("mark", "span"));
    return make("li", { class: "card" }, head, part("words"), part("since"), part("said"), make("div", { class: "answers" }, ...ANSWERS.map(button)));
  }

  #tap(held, status) {
    if (performance.now() < this.steadyAt) return;
    this.onAnswer(held.page.alarm, status);
  }

  #update(card, held, now, sending) {
    const { page } = held;
    const part = (name) => card.querySelector(`.${name}`);
    card.held = held;
    setData(card, "priority", page.priority);
    setData(card, "state", held.over ? "over" : held.status);
    setText(part("priority"), text(page.kind === "test" ? "pager.test" : `pager.priority.${page.priority}`));
    setText(part("where"), page.room ? roomText({ room: page.room, seat: page.seat, only_seat: page.seat === "a" }) : text("pager.service"));
    setText(part("mark"), [late(held) ? text("pager.late") : "", page.drill ? text("mark.drill") : ""].filter(Boolean).join(" · "));
    setText(part("words"), said(held.over || page.text));
    const sent = Date.parse(page.sent_at);
    setText(part("since"), text("pager.since", { time: timeText(sent, { seconds: true }), ago: durationText((now - sent) / 1000) }));
    const kind = page.kind === "test" ? "test-" : "";
    const saying = sending.has(`${page.page_id} ${held.status}`) && !held.over;
    setText(part("said"), saying ? text("pager.sending") : text(held.over ? "pager.is-over" : `pager.is-${kind}${held.status}`));
    for (const status of ANSWERS) {
      const button = part(status);
      setText(button, text(`pager.${kind}${status}`));
      setHidden(button, Boolean(held.over) || held.status === status || (status === "read" && (kind || !waits(held))));
    }
  }
}
