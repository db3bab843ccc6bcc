// The room in which somebody lies: dim and silent, and nothing here moves. No module of this page makes a sound.

import { setHidden, setText } from "../dom.js";
import { Link } from "../link.js";
import { roomText, text, timeText, useZone } from "../texts.js";
import { callHelp } from "./api.js";
import { showHigh } from "./high.js";
import { Seat } from "./seat.js";

const AGE_MS = 500;
const byId = (id) => document.getElementById(id);
const room = document.body.dataset.room;
const seats = new Map();
let frame = null;

const link = new Link({ onPicture: take, onWaves: () => {}, onState: show });

function take(newest) {
  frame = newest;
  show();
}

/** The last thing that was done here, or why it was not; it stays until the next one. */
function notice(words) {
  setText(byId("notice"), words);
}

function show() {
  const age = link.pictureAge;
  const nowMs = frame && Date.parse(frame.picture.ts) + age * 1000 * frame.speed;
  useZone(frame?.timezone);
  setText(byId("clock"), link.live ? timeText(nowMs) : "--:--");
  setText(byId("lost"), text(link.state === "logged-out" ? "room.logged-out" : "room.lost"));
  setHidden(byId("lost"), link.live || link.state === "connecting");
  if (!frame) return;
  const places = frame.picture.places.filter((place) => place.room === room);
  const marks = [...new Set(places.flatMap((place) => place.marks))];
  setText(byId("simulated"), marks.map((mark) => text(`mark.${mark}`)).join(" · "));
  setHidden(byId("simulated"), !marks.length);
  setText(byId("room-name"), places.length ? roomText({ ...places[0], only_seat: true }) : room);
  const alarms = link.live ? frame.picture.alarms.filter((alarm) => alarm.room === room) : [];
  showHigh(byId("high"), alarms.filter((alarm) => alarm.priority === "high"), places, nowMs);
  showSeats(places, alarms, { live: link.live, nowMs });
}

function showSeats(places, alarms, moment) {
  for (const place of places) {
    if (!seats.has(place.seat)) {
      seats.set(place.seat, new Seat(room, notice));
      byId("seats").append(seats.get(place.seat).node);
    }
    seats.get(place.seat).show(place, alarms.filter((alarm) => alarm.seat === place.seat), moment);
  }
}

byId("help").addEventListener("click", async () => {
  notice(text("room.calling"));
  try {
    await callHelp(room);
    notice(text("room.called"));
  } catch (problem) {
    notice(text("room.not-called", { reason: problem.message }));
  }
});
setInterval(show, AGE_MS);
