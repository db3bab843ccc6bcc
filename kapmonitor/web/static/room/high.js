// What is dangerous now, in steady words: what it is, what to do first, and who is on the way.

import { keep, make, setText } from "../dom.js";
import { said } from "../service-texts.js";
import { has, roomText, text } from "../texts.js";

const NOBODY_AFTER_S = 3; // until then a call may still be on its way out

/** `alarms`: those of this room with high priority; `places`: its seats. */
export function showHigh(list, alarms, places, nowMs) {
  keep(
    list,
    alarms,
    (alarm) => alarm.alarm,
    () => make("li", { class: "high" }, make("p", { class: "high-what" }), make("p", { class: "high-do" }), make("p", { class: "high-who" })),
    (row, alarm) => {
      const [what, action, who] = row.children;
      const seat = places.find(({ seat }) => seat === alarm.seat);
      const where = seat && !seat.only_seat ? `${roomText(seat)}: ` : "";
      setText(what, where + said(alarm.text));
      setText(action, firstAction(alarm));
      setText(who, whoComes(alarm, nowMs));
    },
  );
}

/** Who reads this is in the room already. */
function firstAction(alarm) {
  const advice = said(alarm.advice);
  const prefix = text("room.go-in");
  return advice.startsWith(prefix) ? advice.slice(prefix.length) : advice;
}

function whoComes(alarm, nowMs) {
  if (alarm.coming) return text("room.coming-who", { by: alarm.coming });
  if (alarm.called === "coming") return text("room.coming");
  if (alarm.acknowledged) return text("room.seen");
  if (alarm.called === "nobody" && (nowMs - Date.parse(alarm.since)) / 1000 < NOBODY_AFTER_S) return "";
  const key = alarm.called === "calling" ? "room.calling-now" : `room.${alarm.called}`;
  return has(key) ? text(key) : "";
}
