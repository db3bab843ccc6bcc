// Alarm chips: asterisks, words, since when, and the buttons. Colour is never the only sign.

import { acknowledge } from "./api.js";
import { createLabels, updateLabels } from "./labels.js";
import { keep, make, setData, setHidden, setText } from "./dom.js";
import { may } from "./may.js";
import { said } from "./service-texts.js";
import { durationText, has, text } from "./texts.js";

export const STARS = { high: "***", medium: "**", low: "*" };

/** `where(alarm)`: words before the alarm's own, or "". `whole(alarm)`: its only chip, with all words and the button. */
export function showChips(list, alarms, { where, whole, nowMs, live, notice }) {
  keep(
    list,
    alarms,
    (alarm) => alarm.alarm,
    () => createChip(notice),
    (chip, alarm) => updateChip(chip, alarm, { where: where(alarm), whole: whole(alarm), nowMs, live }),
  );
  setHidden(list, !alarms.length);
}

function createChip(notice) {
  const chip = make("li", { class: "chip" });
  chip.append(
    make("span", { class: "chip-stars" }),
    make(
      "span",
      { class: "chip-words" },
      make("span"),
      " ",
      make("span", { class: "chip-more" }),
      make("span", { class: "chip-advice" }),
    ),
    make("span", { class: "chip-since" }),
    make("button", { class: "chip-button", type: "button", onclick: () => press(chip, notice) }, text("alarm.acknowledge")),
    createLabels(chip, notice),
  );
  return chip;
}

async function press(chip, notice) {
  const button = chip.querySelector("button");
  button.disabled = true;
  try {
    await acknowledge(chip.alarm);
  } catch (problem) {
    notice(text("failed", { reason: problem.message }));
  } finally {
    button.disabled = false;
  }
}

function updateChip(chip, alarm, { where, whole, nowMs, live }) {
  chip.alarm = alarm;
  setData(chip, "whole", whole);
  const button = whole && may("acknowledge");
  const [stars, { children: [words, more, advice] }, since, acknowledgeButton, labels] = chip.children;
  const what = live ? said(alarm.text) : text("alarm.last-known");
  setText(stars, STARS[alarm.priority]);
  setData(stars, "priority", text(`priority.${alarm.priority}`));
  setText(words, where ? `${where}: ${what}` : what);
  setText(more, live ? moreText(alarm) : "");
  setText(advice, live ? said(alarm.advice) : "");
  setText(since, live ? durationText((nowMs - Date.parse(alarm.since)) / 1000) : "");
  const look = alarm.acknowledged ? "acknowledged" : alarm.state;
  if (chip.dataset.priority !== alarm.priority || chip.dataset.look !== look) {
    setData(chip, "priority", alarm.priority);
    setData(chip, "look", look);
    beatTogether(chip);
  }
  setHidden(acknowledgeButton, !button || alarm.acknowledged || !live);
  updateLabels(labels, alarm, whole && live);
  if (button) acknowledgeButton.setAttribute("aria-label", `${text("alarm.acknowledge")}: ${words.textContent}`);
}

function moreText(alarm) {
  const parts = [];
  if (alarm.state === "latched") parts.push(text("alarm.latched"));
  if (alarm.acknowledged) parts.push(text("alarm.acknowledged", { by: alarm.acknowledged_by || text("somebody") }));
  if (has(`called.${alarm.called}`)) parts.push(text(`called.${alarm.called}`));
  if (alarm.called === "coming") parts.push(text("alarm.coming", { by: alarm.coming || text("somebody") }));
  return parts.map((part) => `· ${part}`).join(" ");
}

/** All flashing has one phase, so that many alarms do not add up to a flicker. */
function beatTogether(chip) {
  for (const animation of chip.getAnimations()) animation.startTime = 0;
}

/** The worst alarm that nobody has acknowledged: what a border may show. */
export function worst(alarms) {
  return alarms.find((alarm) => !alarm.acknowledged)?.priority ?? null;
}

const VITALS = [
  ["spo2-", "spo2"],
  ["heart-rate-", "rate"],
  ["pulse-", "rate"],
  ["rates-", "rate"],
  ["blood-pressure-", "nibp"],
  ["nibp-", "nibp"],
  ["cuff-", "nibp"],
];

/** Which numeral an alarm is about: `spo2`, `rate`, `nibp` or undefined. */
export function vitalOf(alarm) {
  return VITALS.find(([start]) => alarm.name.startsWith(start))?.[1];
}

/** Says a new high alarm once to whoever hears the page instead of seeing it. */
export class Announcer {
  constructor(node) {
    this.node = node;
    this.said = new Set();
  }

  hear(alarms, where) {
    const high = alarms.filter((alarm) => alarm.priority === "high" && !alarm.acknowledged);
    const fresh = high.filter((alarm) => !this.said.has(alarm.alarm));
    this.said = new Set(high.map((alarm) => alarm.alarm));
    if (fresh.length && has("alarm.announce")) {
      const lines = fresh.map((alarm) => text("alarm.announce", { where: where(alarm), text: said(alarm.text) }));
      setText(this.node, lines.join(". "));
    }
  }
}
