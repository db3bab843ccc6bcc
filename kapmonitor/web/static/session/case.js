// What the service knows of one session beyond the live feed: its view, its entries, the course of its alarms.
// Asked for when something has changed, and every few seconds; one question at a time.

import { said } from "../service-texts.js";
import { readClosed } from "./closed.js";

const AGAIN_MS = 4000;

/** The answer to a GET below `/api/v1/`; an Error with the service's own words where it is none. */
export async function read(path) {
  const answer = await fetch(`/api/v1/${path}`, { headers: { accept: "application/json" } });
  if (answer.ok) return answer.json();
  const { detail } = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(typeof detail === "string" ? said(detail) : answer.statusText), { status: answer.status });
}

/** All entries of a session, each with its time (`ts`) beside what was entered. */
export async function readEntries(id) {
  const entries = await read(`sessions/${id}/entries`);
  return entries.map((entry) => ({ ...entry, ts: entry.moment[1] }));
}

export class Case {
  /** `onChange()`: something new is here. */
  constructor(id, onChange) {
    Object.assign(this, { id, onChange, view: null, entries: [], course: [], labels: {}, problem: "" });
    this.alarmsSeen = null;
    this.asking = null;
  }

  /** Look again now; whoever waits for it gets what was asked after the call. */
  async refresh() {
    if (this.asking) {
      this.again ??= this.asking.then(() => this.refresh());
      return this.again;
    }
    this.asking = this.#ask();
    try {
      await this.asking;
    } finally {
      this.asking = this.again = null;
    }
    return undefined;
  }

  /** With each picture of the live feed: `mark` says in a few characters what of it could matter here. */
  seen(mark, alarmsMark) {
    const late = performance.now() - (this.askedMs ?? -Infinity) > AGAIN_MS;
    if (alarmsMark !== this.alarmsSeen) {
      this.alarmsSeen = alarmsMark;
      this.courseWanted = true;
    }
    if (mark === this.mark && !late && !this.courseWanted) return;
    this.mark = mark;
    if (!this.asking) this.refresh();
  }

  async #ask() {
    this.askedMs = performance.now();
    try {
      const view = await read(`sessions/${this.id}`);
      if (!this.view || view.entries !== this.entries.length) this.entries = await readEntries(this.id);
      this.view = view;
      this.problem = "";
      if (this.courseWanted) await this.#askCourse();
    } catch (problem) {
      this.problem = problem.message;
      if (problem.status === 404) await this.#askClosed();
    }
    this.onChange();
  }

  /** It is not at hand any more: the record has it, or nobody knows it. */
  async #askClosed() {
    this.gone = true;
    if (this.closed || this.lookedUp) return;
    this.lookedUp = true;
    this.closed = await readClosed(this.id).catch(() => null);
    if (!this.closed) return;
    this.entries = this.closed.entries;
    await this.#askCourse();
  }

  async #askCourse() {
    this.courseWanted = false;
    try {
      const { lines, labels } = await read(`sessions/${this.id}/alarms`);
      Object.assign(this, { course: lines, labels, courseProblem: "" });
    } catch (problem) {
      this.courseProblem = problem.message;
    }
  }
}
