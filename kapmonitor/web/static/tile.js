// One seat of one room.

import { hereIn } from "./api.js";
import { showChips, vitalOf, worst } from "./chips.js";
import { askStart, control } from "./dialogs.js";
import { keep, make, setData, setHidden, setText } from "./dom.js";
import { may, onlyShows } from "./may.js";
import { showNotes } from "./notes.js";
import { said } from "./service-texts.js";
import { durationText, has, roomText, text } from "./texts.js";
import { Vitals } from "./vitals.js";
import { Waves } from "./waves.js";

const SIGNS = { online: "✓", degraded: "!", offline: "✕" };
const NO_PLETH = new Set(["no_finger", "sensor_off"]);

export function tileId(room, seat) {
  return `seat-${room}-${seat}`;
}

export class Tile {
  constructor(place, notice) {
    this.notice = notice;
    this.vitals = new Vitals();
    this.waves = new Waves();
    this.#build(place);
  }

  #build(place) {
    const id = tileId(place.room, place.seat);
    this.marks = make("p", { class: "marks" });
    this.link = make("a");
    this.title = make("h2", { id: `${id}-name`, class: "tile-name" }, this.link);
    this.phase = make("span", { class: "tile-phase" });
    this.elapsed = make("span", { class: "tile-elapsed" });
    this.button = make("button", { class: "tile-button", type: "button", onclick: () => this.#act() });
    this.here = make("button", { class: "tile-button", type: "button", hidden: true, onclick: () => this.#here() }, text("control.here"));
    this.chips = make("ul", { class: "chips" });
    this.notes = make("ul", { class: "notes" });
    this.grid = make("div", { class: "vitals-grid" }, ...this.vitals.cells.map((cell) => cell.node), this.waves.node);
    this.body = make("div", { class: "vitals" }, this.grid);
    this.devices = make("ul", { class: "devices" });
    this.node = make(
      "section",
      { class: "tile", id, "aria-labelledby": `${id}-name` },
      this.marks,
      make("div", { class: "tile-head" }, this.title, this.phase, this.elapsed, this.here, this.button),
      this.chips,
      this.notes,
      this.body,
      this.devices,
    );
  }

  #act() {
    if (this.place.session) control(this.place, this.notice);
    else askStart(this.place, this.notice);
  }

  async #here() {
    this.here.disabled = true;
    try {
      await hereIn(this.place);
      this.notice(text("here.said"));
    } catch (problem) {
      this.notice(text("failed", { reason: problem.message }));
    } finally {
      this.here.disabled = false;
    }
  }

  /** `moment`: `{age, live, nowMs}` of the picture that `place` and `alarms` come from. */
  update(place, alarms, moment) {
    this.place = place;
    this.#head(place, moment);
    setData(this.node, "alarm", worst(alarms));
    setData(this.node, "empty", !place.session);
    showChips(this.chips, alarms, { where: () => "", whole: () => true, notice: this.notice, ...moment });
    showNotes(this.notes, place.session?.state, moment);
    setHidden(this.here, !moment.live || !may("attend") || !alarms.some(({ name, session }) => name === "help" && !session));
    setHidden(this.body, !place.session);
    if (place.session) this.#numbers(place.session, alarms, moment);
    else this.waves.blank();
    this.#devices(place, moment);
  }

  #head(place, moment) {
    const session = place.session;
    setText(this.link, roomText(place));
    const page = session ? `/sessions/${session.id}` : `/room/${place.room}`;
    if (!onlyShows && this.link.getAttribute("href") !== page) this.link.setAttribute("href", page);
    setText(this.phase, session ? phaseText(session, moment) : said(place.question) || text("room.empty"));
    const started = session ? Date.parse(session.started) : null;
    setText(this.elapsed, session && moment.live ? durationText((moment.nowMs - started) / 1000) : "");
    setText(this.button, text(session ? "session.open" : "session.start"));
    this.button.disabled = !moment.live;
    setHidden(this.button, onlyShows);
    setText(this.marks, place.marks.map((mark) => text(`mark.${mark}`)).join(" · "));
    setHidden(this.marks, !place.marks.length);
  }

  #numbers(session, alarms, moment) {
    this.vitals.update(session, moment);
    for (const [name, cell] of [["rate", this.vitals.rate], ["spo2", this.vitals.spo2], ["nibp", this.vitals.nibp]]) {
      const about = alarms.filter((alarm) => vitalOf(alarm) === name && moment.live);
      cell.alarm(about[0]?.priority ?? null);
    }
    this.waves.show({ pleth: moment.live && !NO_PLETH.has(session.values.spo2?.reason), ecg: moment.live });
  }

  #devices(place, moment) {
    keep(
      this.devices,
      place.devices,
      (device) => device.id,
      () => make("li", { class: "device" }, make("span", { class: "device-sign", "aria-hidden": "true" }), make("span")),
      (row, device) => {
        const status = moment.live ? device.status : null;
        setData(row, "status", status ?? "unknown");
        setText(row.children[0], SIGNS[status] ?? "–");
        setText(row.children[1], moment.live ? deviceText(device, status, Boolean(place.session)) : kindText(device));
      },
    );
  }
}

/** With the time since the last dose, where one was given. */
function phaseText({ phase, state }, { nowMs, live }) {
  const words = has(`phase.${phase}`) ? text(`phase.${phase}`) : phase;
  const dosed = live && state?.work?.last_dose;
  return dosed ? text("phase.dosed", { phase: words, since: durationText((nowMs - Date.parse(dosed)) / 1000) }) : words;
}

function kindText(device) {
  return has(`device.${device.kind}`) ? text(`device.${device.kind}`) : device.kind;
}

/** In words where something is wrong or nothing else is to be seen; else no more than there is room for. */
function deviceText(device, status, brief) {
  const kind = kindText(device);
  const charge = status && device.battery !== null ? Math.round(device.battery) : null;
  if (brief && status === "online") return charge === null ? kind : `${kind} ${text("device.charge", { n: charge })}`;
  const more = [device.text && status ? said(device.text) : text(`status.${status ?? "unknown"}`)];
  if (status && status !== "online" && device.advice) more.push(said(device.advice));
  if (charge !== null) more.push(text("device.battery", { n: charge }));
  return `${kind}: ${more.join(" · ")}`;
}
