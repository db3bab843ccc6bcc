// What staff want done. Every command is a POST; a refusal comes back as an Error with the reason and the `status`.

import { said } from "./service-texts.js";
import { text } from "./texts.js";

const LOCKED = 423;
const NOTHING = 204; // it has the type of JSON, too, and no content

export async function command(path, body) {
  let answer;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error(text("failed.network"));
  }
  if (answer.status === LOCKED) dispatchEvent(new Event("kap-locked"));
  if (!answer.ok) throw Object.assign(new Error(await refusal(answer)), { status: answer.status });
  return answer.status !== NOTHING && answer.headers.get("content-type")?.includes("json") ? answer.json() : undefined; // what was made or found
}

async function refusal(answer) {
  try {
    const { detail } = await answer.json();
    return typeof detail === "string" ? said(detail) : answer.statusText;
  } catch {
    return answer.statusText;
  }
}

export const acknowledge = (alarm) => command(`alarms/${alarm.alarm}/acknowledge`, { seq: alarm.seq });
export const label = (alarm, word) => command(`alarms/${alarm.alarm}/label`, { label: word });
export const startSession = (place, route, drill) =>
  command("sessions", { room: place.room, seat: place.seat, route, drill });
export const setPhase = (session, phase) => command(`sessions/${session.id}/phase`, { phase });
export const endSession = (session) => command(`sessions/${session.id}/end`);
export const here = (session) => command(`sessions/${session.id}/here`);
/** Somebody is with who called from a seat without a session. */
export const hereIn = (place) => command(`rooms/${place.room}/here`, { seat: place.seat });
export const callHelp = (place) => command(`rooms/${place.room}/help`, { seat: place.seat }); // also while locked
export const logEvent = (session, event) => command(`sessions/${session.id}/events`, event);
export const interrupt = (session, minutes) => command(`sessions/${session.id}/interruption`, { minutes });
export const startCuff = (session) => command(`sessions/${session.id}/cuff/start`);
export const stopCuff = (session) => command(`sessions/${session.id}/cuff/stop`);
