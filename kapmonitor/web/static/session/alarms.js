// Every alarm of the session: what it was, when, who saw it when, and what staff said of it. The sounds' pause.

import { acknowledge, label } from "../api.js";
import { STARS } from "../chips.js";
import { keep, make, setData, setHidden, setText } from "../dom.js";
import { said } from "../service-texts.js";
import { durationText, text, timeText } from "../texts.js";
import { Panel, only, row } from "./panel.js";

const LABELS = ["real", "artefact", "expected"];
const RANK = { low: 0, medium: 1, high: 2 };

/** One instance of an alarm from its transitions, in order. */
export function episodes(lines) {
  const found = new Map();
  for (const line of lines) {
    const known = found.get(line.alarm) ?? { alarm: line.alarm, name: line.name, began: line.t, priority: line.priority, seen: [], over: null };
    found.set(line.alarm, known);
    Object.assign(known, { state: line.state, last: line.event, over: line.state === "inactive" ? line.t : null });
    // The words of when it was worst: milder ones beside a higher priority would be wrong.
    if (RANK[line.priority] >= RANK[known.priority]) Object.assign(known, { priority: line.priority, text: line.text });
    if (line.event === "acknowledge") known.seen.push({ by: line.by, at: line.t });
  }
  return [...found.values()].reverse();
}

export class Alarms extends Panel {
  constructor(desk, notice) {
    super("alarms", desk, { open: true });
    this.notice = notice;
    this.list = make("ul", { class: "episodes" });
    this.none = make("p", { class: "quiet" }, text("alarms.none"));
    this.pause = this.button(text("alarms.pause"), { address: "audio-pause", task: "pause_audio" });
    this.paused = make("p", { class: "note-line" });
    this.failed = make("p", { class: "problem" });
    this.body.append(this.paused, row(this.pause), this.none, this.list, this.failed);
  }

  update({ case: one, view, place, alarms, moment }) {
    const open = new Map(alarms.map((alarm) => [alarm.alarm, alarm]));
    const found = episodes(one.course);
    const until = place?.session?.state?.audio_paused_until;
    const left = until && moment.live ? (Date.parse(until) - moment.nowMs) / 1000 : 0;
    setText(this.paused, text("state.audio", { left: durationText(left) }));
    setHidden(this.paused, left <= 0);
    setHidden(this.pause, Boolean(view.ended));
    setHidden(this.none, found.length > 0);
    setText(this.failed, one.courseProblem ?? "");
    keep(this.list, found, ({ alarm }) => alarm, () => this.#create(), (node, each) => this.#show(node, each, open.get(each.alarm), one.labels[each.alarm], moment));
  }

  #create() {
    const node = make("li", { class: "episode" });
    const see = only("acknowledge", make("button", { type: "button", onclick: () => this.attempt(see, () => acknowledge(node.open).then(() => this.desk.looked())) }, text("alarm.acknowledge")));
    const labels = only("label", make("span", { class: "row labels" }, ...LABELS.map((word) => this.#label(node, word))));
    node.append(make("span", { class: "episode-stars" }), make("span", { class: "episode-words" }, make("strong"), make("span", { "data-private": true })), see, labels);
    return node;
  }

  #label(node, word) {
    const button = make("button", { type: "button", class: "small", "data-word": word }, text(`label.${word}`));
    button.addEventListener("click", () =>
      this.attempt(button, async () => {
        await label({ alarm: node.dataset.key }, word);
        node.given = word;
        this.#pressed(node);
      }),
    );
    return button;
  }

  #show(node, each, open, marked, { live }) {
    const [stars, { children: [words, when] }, see, labels] = node.children;
    node.open = open;
    node.given ??= marked;
    setData(node, "priority", each.priority);
    setData(node, "over", Boolean(each.over));
    setText(stars, STARS[each.priority]);
    stars.dataset.priority = text(`priority.${each.priority}`);
    setText(words, said(each.text) || each.name);
    setText(when, whenText(each));
    setHidden(see, !live || !open || open.acknowledged);
    see.setAttribute("aria-label", `${text("alarm.acknowledge")}: ${said(each.text)}`);
    for (const button of labels.children) button.setAttribute("aria-label", text("label.what", { label: button.textContent, alarm: each.text }));
    this.#pressed(node);
  }

  #pressed(node) {
    for (const button of node.lastElementChild.children) button.setAttribute("aria-pressed", String(node.given === button.dataset.word));
  }
}

function whenText({ began, over, seen }) {
  const parts = [text("alarms.began", { time: timeText(Date.parse(began), { seconds: true }) })];
  for (const { by, at } of seen) parts.push(text("alarms.seen", { by, time: timeText(Date.parse(at), { seconds: true }) }));
  parts.push(over ? text("alarms.over", { time: timeText(Date.parse(over), { seconds: true }) }) : text("alarms.open"));
  return ` ${parts.join(" · ")}`;
}
