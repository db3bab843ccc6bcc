// One seat of the room: where the session stands, a calm word on the monitoring, and what can be logged with a tap.

import { make, setData, setHidden, setText } from "../dom.js";
import { said } from "../service-texts.js";
import { durationText, has, roomText, text } from "../texts.js";
import { logEvent } from "./api.js";
import { Here } from "./here.js";

const EVENTS = ["nausea", "vomiting", "dizziness", "headache", "anxiety", "dissociation"];
const GRAVE = ["chest_pain", "breathing", "syncope", "seizure"]; // these raise an alarm

export class Seat {
  constructor(room, notice) {
    Object.assign(this, { room, notice });
    this.name = make("h2");
    this.phase = make("p", { class: "seat-phase" });
    this.calm = make("p", { class: "seat-calm" });
    this.here = new Here(room, () => this.place.seat, notice).node;
    this.events = [...EVENTS, ...GRAVE].map((kind) => this.#event(kind));
    this.buttons = make("div", { class: "seat-events", role: "group", "aria-label": text("room.events") }, ...this.events);
    this.node = make("section", { class: "seat" }, this.name, this.phase, this.calm, this.here, this.buttons);
  }

  /** A second tap says that it is over. */
  #event(kind) {
    const label = text(`event.${kind}`);
    const button = make("button", { type: "button", "data-kind": kind, onclick: () => this.#log(button, kind, label) }, label);
    setData(button, "grave", GRAVE.includes(kind));
    return button;
  }

  #log(button, kind, label) {
    const over = button.getAttribute("aria-pressed") === "true";
    const event = over ? { kind, resolved: true } : { kind, ...(GRAVE.includes(kind) && { severity: "severe" }) };
    const done = text(over ? "room.event-over" : "room.event-logged", { event: label });
    return this.#attempt(button, () => logEvent(this.room, this.place.seat, event), done);
  }

  async #attempt(button, doing, done) {
    button.disabled = true;
    try {
      await doing();
      this.notice(done);
    } catch (problem) {
      this.notice(text("failed", { reason: problem.message }));
    } finally {
      button.disabled = false;
    }
  }

  /** `alarms`: of this seat; `moment`: `{live, nowMs}`. */
  show(place, alarms, moment) {
    this.place = place;
    const session = place.session;
    setText(this.name, place.only_seat ? "" : roomText(place));
    setHidden(this.name, place.only_seat);
    setText(this.phase, session ? phaseText(session, moment) : text("room.empty"));
    setText(this.calm, calmText(session, alarms, moment));
    setHidden(this.here, !session && !alarms.some(({ name }) => name === "help")); // help is called without one, too
    setHidden(this.buttons, !session);
    const open = new Set((session?.state?.work?.symptoms ?? []).map(({ symptom }) => symptom));
    for (const button of this.events) button.setAttribute("aria-pressed", String(open.has(button.dataset.kind)));
  }
}

function phaseText({ phase, state }, { live, nowMs }) {
  const words = has(`phase.${phase}`) ? text(`phase.${phase}`) : phase;
  const dosed = live && state?.work?.last_dose;
  return dosed ? text("phase.dosed", { phase: words, since: durationText((nowMs - Date.parse(dosed)) / 1000) }) : words;
}

/** Nothing is said to be well that nobody measures. */
function calmText(session, alarms, { live }) {
  if (!session || !live) return "";
  if (alarms.some((alarm) => alarm.priority === "high")) return "";
  const next = alarms.find((alarm) => alarm.priority === "medium" && !alarm.acknowledged);
  if (next) return text("room.medium", { what: said(next.text) });
  return text(session.values.spo2?.value == null ? "room.no-spo2" : "room.calm");
}
