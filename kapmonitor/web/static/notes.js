// What is to be done in a session, and what people have quietened: sounds, missing data, limits. On the tile as long
// as it is so.

import { keep, make, setData, setText } from "./dom.js";
import { said } from "./service-texts.js";
import { durationText, text, timeText } from "./texts.js";

export function showNotes(list, state, moment) {
  keep(list, notesOf(state, moment), (note) => note.key, () => make("li", { class: "note-line" }), (row, note) => {
    setText(row, note.words);
    setData(row, "kind", note.kind);
  });
  list.hidden = !list.children.length;
}

/** Limits that are off are told even when nothing is heard any more; a countdown then says nothing. */
function notesOf(state, { nowMs, live }) {
  if (!state) return [];
  const work = live && state.work ? workNotes(state.work, nowMs) : [];
  const left = (until) => (live && until ? (Date.parse(until) - nowMs) / 1000 : 0);
  const notes = [];
  const audio = left(state.audio_paused_until);
  if (audio > 0) notes.push({ key: "audio", kind: "audio", words: text("state.audio", { left: durationText(audio) }) });
  const away = left(state.interruption?.until);
  if (away > 0) {
    const words = text("state.interruption", { by: state.interruption.by || text("somebody"), left: durationText(away) });
    notes.push({ key: "interruption", kind: "interruption", words });
  }
  return [...work, ...notes, ...state.off.map(offNote)];
}

/** The next two things to do. When the cuff measures stands with the pressure. */
function workNotes(work, nowMs) {
  const due = work.to_do.filter(({ note }) => !note).slice(0, 2);
  const notes = due.map((thing, place) => {
    const left = thing.at === null ? null : (Date.parse(thing.at) - nowMs) / 1000;
    const words = [`${said(thing.text)}${left === null ? "" : ` ${leftText(left)}`}`, ...thing.holds.map(said)].join(" ");
    const kind = left !== null && left <= 0 ? "late" : place ? "then" : "next";
    return { key: `next-${place}`, kind, words };
  });
  return notes;
}

function leftText(seconds) {
  return seconds > 0 ? text("next.in", { left: durationText(seconds) }) : text("next.late", { left: durationText(-seconds) });
}

function offNote({ rule, by, since }) {
  const words = text("state.off", { rule, by: by || text("somebody"), time: timeText(Date.parse(since)) });
  return { key: `off-${rule}`, kind: "off", words };
}
