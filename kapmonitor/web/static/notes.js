// What people have quietened in a session: sounds, missing data, limits. It stands on the tile as long as it is so.

import { keep, make, setData, setText } from "./dom.js";
import { durationText, text } from "./texts.js";

const timeFormat = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

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
  const left = (until) => (live && until ? (Date.parse(until) - nowMs) / 1000 : 0);
  const notes = [];
  const audio = left(state.audio_paused_until);
  if (audio > 0) notes.push({ key: "audio", kind: "audio", words: text("state.audio", { left: durationText(audio) }) });
  const away = left(state.interruption?.until);
  if (away > 0) {
    const words = text("state.interruption", { by: state.interruption.by, left: durationText(away) });
    notes.push({ key: "interruption", kind: "interruption", words });
  }
  return [...notes, ...state.off.map(offNote)];
}

function offNote({ rule, by, since }) {
  const words = text("state.off", { rule, by, time: timeFormat.format(Date.parse(since)) });
  return { key: `off-${rule}`, kind: "off", words };
}
