// Every seat of every room: its session, its devices, its alarms, and the page for a screen of its own.

import { STARS, worst } from "../chips.js";
import { make } from "../dom.js";
import { has, roomText, text } from "../texts.js";
import { Section } from "./table.js";

export class Rooms extends Section {
  constructor(notice) {
    super("rooms", notice, ["room", "session", "devices", "alarms", "page"]);
  }

  /** It is in the live feed: nothing has to be asked for. */
  ask() {}

  picture({ places, alarms }) {
    this.rows(places.map((place) => cells(place, alarms.filter(({ room, seat }) => room === place.room && seat === place.seat))));
  }
}

function cells(place, alarms) {
  const { session, devices } = place;
  const phase = session && (has(`phase.${session.phase}`) ? text(`phase.${session.phase}`) : session.phase);
  const there = devices.filter(({ status }) => status === "online").length;
  return [
    roomText(place),
    session ? make("a", { href: `/sessions/${session.id}` }, phase) : text("rooms.none"),
    devices.length ? text("rooms.well", { n: there, all: devices.length }) : text("rooms.no-device"),
    alarms.length ? `${STARS[worst(alarms)] ?? ""} ${alarms.length}` : "–",
    make("a", { href: `/room/${place.room}` }, text("rooms.open")),
  ];
}
