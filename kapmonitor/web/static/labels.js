// What an alarm was, with one tap. What was tapped on this page is remembered here; the record has it for good.

import { label } from "./api.js";
import { make, setHidden } from "./dom.js";
import { may } from "./may.js";
import { said } from "./service-texts.js";
import { text } from "./texts.js";

const WORDS = ["real", "artefact", "expected"];
const given = new Map();

/** The three buttons of `chip`, whose `alarm` may change. */
export function createLabels(chip, notice) {
  const button = (word) =>
    make("button", { class: "chip-label", type: "button", "data-word": word, onclick: () => press(chip.alarm, word, notice) }, text(`label.${word}`));
  return make("span", { class: "chip-labels" }, ...WORDS.map(button));
}

/** Alarms of the service itself are in no session's record and have none. */
export function updateLabels(labels, alarm, shown) {
  setHidden(labels, !shown || !alarm.session || !may("label"));
  if (labels.hidden) return;
  for (const button of labels.children) {
    const word = button.dataset.word;
    button.setAttribute("aria-pressed", String(given.get(alarm.alarm) === word));
    button.setAttribute("aria-label", text("label.what", { label: text(`label.${word}`), alarm: said(alarm.text) }));
  }
}

async function press(alarm, word, notice) {
  try {
    await label(alarm, word);
    given.set(alarm.alarm, word);
    notice(text("label.done", { label: text(`label.${word}`), alarm: said(alarm.text) }));
  } catch (problem) {
    notice(text("failed", { reason: problem.message }));
  }
}
