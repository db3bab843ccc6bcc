// The head of the page: where, what, since when; help; and the next thing to do, which is never empty.

import { callHelp, command, here } from "../api.js";
import { keep, make, setData, setHidden, setText } from "../dom.js";
import { said } from "../service-texts.js";
import { durationText, has, roomText, text, timeText } from "../texts.js";
import { ask, only } from "./panel.js";

const NEXT_SHOWN = 3;

export class Head {
  constructor(node, next, desk, notice) {
    Object.assign(this, { desk, notice });
    this.marks = make("strong", { class: "marks" });
    this.room = make("h2", { class: "head-room" });
    this.facts = make("p", { class: "head-facts", "data-private": true });
    this.phase = make("strong", { class: "head-phase" });
    this.dose = make("span", { class: "head-dose" });
    this.people = make("span", { class: "head-people", "data-private": true });
    this.help = make("button", { type: "button", class: "danger help", onclick: () => this.#do(this.help, () => callHelp(this.place), "help.called") }, text("control.help"));
    this.here = only("attend", make("button", { type: "button", class: "main", onclick: () => this.#do(this.here, () => here(this), "here.said") }, text("control.here")));
    node.append(
      make(
        "div",
        { class: "head-line" },
        make("div", { class: "head-what" }, this.room, this.marks, this.phase, this.dose, this.facts, this.people),
        make("div", { class: "head-do" }, this.here, this.help),
      ),
    );
    this.next = next;
    this.id = desk.id;
  }

  async #do(button, doing, done) {
    button.disabled = true;
    try {
      await doing();
      this.notice(text(done));
      await this.desk.looked();
    } catch (problem) {
      this.notice(text("failed", { reason: problem.message }));
    } finally {
      button.disabled = false;
    }
  }

  update({ view, place, moment, case: one }) {
    const marks = place?.marks ?? (view?.drill ? ["drill"] : []);
    setText(this.marks, marks.map((mark) => text(`mark.${mark}`)).join(" · "));
    setHidden(this.marks, !marks.length);
    const ended = Boolean(view?.ended) || Boolean(one.gone);
    setText(this.room, place ? roomText(place) : view ? roomText({ ...view, only_seat: view.seat === "a" }) : "");
    if (!view) return;
    this.place = { room: view.room, seat: view.seat };
    setText(this.phase, ended ? text("head.ended", { time: view.ended ? timeText(Date.parse(view.ended)) : "" }) : text(`phase.${place?.session?.phase ?? view.phase}`));
    setText(this.dose, moment.live ? doseText(view, moment) : "");
    setText(this.facts, factsText(view));
    setText(this.people, view.present.length ? text("head.present", { who: view.present.join(", ") }) : "");
    setHidden(this.here, ended);
    setHidden(this.help, ended);
    this.#showNext(place?.session?.state?.work?.to_do ?? view.to_do, view, moment);
  }

  #showNext(toDo, view, moment) {
    const due = moment.live ? toDo.filter(({ note }) => !note).slice(0, NEXT_SHOWN) : [];
    const shown = due.length || !moment.live ? due : toDo.slice(0, 1);
    keep(
      this.next,
      shown,
      (thing) => thing.question || thing.text,
      () => make("li", { class: "next-thing" }, make("span", { class: "next-words" }), make("span", { class: "next-answers" })),
      (row, thing) => {
        const left = thing.at === null ? null : (Date.parse(thing.at) - moment.nowMs) / 1000;
        const when = left === null ? "" : left > 0 ? text("next.in", { left: durationText(left) }) : text("next.late", { left: durationText(-left) });
        setText(row.children[0], [said(thing.text), when, ...thing.holds.map(said)].filter(Boolean).join(" "));
        setData(row, "late", left !== null && left <= 0);
        this.#answers(row.children[1], view.questions.find(({ name }) => name === thing.question));
      },
    );
    setHidden(this.next, !shown.length);
  }

  #answers(node, question) {
    const mark = question ? `${question.name}:${question.answers.join()}` : "";
    if (node.dataset.mark === mark) return;
    node.dataset.mark = mark;
    const send = (answer) => command(`sessions/${this.id}/answers`, { question: question.name, answer }).then(() => this.desk.looked());
    const words = question?.answers.length ? question.answers : question ? [""] : [];
    node.replaceChildren(
      ...words.map((answer) => {
        const label = answer ? (has(`answer.${answer}`) ? text(`answer.${answer}`) : answer) : text("answer.say");
        const button = make("button", { type: "button", onclick: () => (answer ? this.#do(button, () => send(answer), "answer.sent") : ask({ title: said(question.text), label, send })) }, label);
        return button;
      }),
    );
  }
}

function doseText(view, { nowMs }) {
  const [first, last] = [view.doses[0], view.doses.at(-1)];
  if (!first) return text("head.running", { since: durationText((nowMs - Date.parse(view.started)) / 1000) });
  const since = (dose) => durationText((nowMs - Date.parse(dose.at)) / 1000);
  return view.doses.length > 1 ? text("head.doses", { since: since(last), first: since(first), n: view.doses.length }) : text("head.dose", { since: since(first) });
}

function factsText(view) {
  const facts = [text(`route.${view.route}`)];
  if (view.client.code) facts.push(text("head.client", { code: view.client.code }));
  if (view.therapist) facts.push(text("head.therapist", { who: view.therapist }));
  facts.push(text("head.started", { time: timeText(Date.parse(view.started)), by: view.started_by }));
  return facts.join(" · ");
}
