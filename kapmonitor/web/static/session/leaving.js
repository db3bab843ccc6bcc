// Leaving: the checklist, item by item, the end, and the way back where the end was a mistake.

import { keep, make, setData, setHidden, setText } from "../dom.js";
import { may } from "../may.js";
import { said } from "../service-texts.js";
import { text, timeText } from "../texts.js";
import { Panel, ask, only, row } from "./panel.js";

const LEAVING = new Set(["recovery", "discharge", "aborted"]);

export class Leaving extends Panel {
  constructor(desk) {
    super("leaving", desk);
    this.items = make("ul", { class: "items" });
    this.end = only("run_session", make("button", { type: "button", class: "danger", onclick: () => this.#askEnd() }, text("control.end")));
    this.reopen = this.reasoned(text("leaving.reopen"), {
      title: text("leaving.reopen"),
      what: text("leaving.reopen-what"),
      address: "reopen",
      body: (reason) => ({ reason }),
      task: "run_session",
    });
    const at = `/sessions/${desk.id}`;
    this.report = only("read_report", make("a", { class: "button", href: `${at}/report` }, text("leaving.report")));
    this.summary = make("a", { class: "button", href: `${at}/summary` }, text("leaving.summary"));
    this.body.append(this.items, row(this.end, this.reopen), row(this.summary, this.report));
  }

  update({ view, place }) {
    const phase = place?.session?.phase ?? view.phase;
    const leaving = LEAVING.has(phase) && !view.ended;
    this.view = view;
    keep(
      this.items,
      LEAVING.has(phase) ? view.checklist : [],
      (item) => item.item,
      () => make("li", { class: "item" }, make("div", { class: "item-words" }, make("strong"), make("span"), make("span", { class: "item-doubt" }), make("span", { class: "item-signed" })), make("span")),
      (node, item) => this.#item(node, item, leaving),
    );
    setHidden(this.items, !this.items.children.length);
    setHidden(this.end, Boolean(view.ended));
    setHidden(this.reopen, !view.ended);
  }

  #item(node, item, leaving) {
    const [title, shown, doubt, signed] = node.children[0].children;
    setData(node, "signed", item.signed);
    setText(title, said(item.title));
    setText(shown, said(item.shown));
    setText(doubt, item.signed ? "" : said(item.doubt));
    setText(signed, item.signed ? text("leaving.signed", { by: item.signed_by, time: timeText(Date.parse(item.signed)), text: item.text }) : "");
    this.#signing(node.children[1], item, leaving && !item.signed && may("run_session"));
  }

  /** With a doubt the signature needs a word; what is asked for is what is shown then. */
  #signing(place, item, wanted) {
    const mark = wanted ? item.doubt || "sign" : "";
    if (place.dataset.mark === mark) return;
    place.dataset.mark = mark;
    const send = (words) => this.desk.send("checklist", { item: item.item, text: words });
    const label = text("leaving.sign");
    const sign = make("button", { type: "button", class: item.doubt ? "plain" : "main", "aria-label": text("leaving.sign-what", { title: said(item.title) }) }, label);
    sign.addEventListener("click", () => (item.doubt ? ask({ title: said(item.title), what: said(item.doubt), label, send }) : this.attempt(sign, () => send(""))));
    place.replaceChildren(...(wanted ? [sign] : []));
  }

  /** Whatever is left open needs a reason; else two taps, the second on a button that was not there before. */
  #askEnd() {
    const open = this.view.checklist.filter((item) => !item.signed).map((item) => said(item.title));
    const what = open.length ? text("leaving.open-items", { items: open.join(", ") }) : text("control.end-question");
    const send = (reason) => this.desk.send("end", { reason });
    const dialog = ask({ title: text("control.end"), what, label: text("control.end-sure"), kind: "danger", send });
    if (!open.length) dialog.querySelector("input").required = false;
  }
}
