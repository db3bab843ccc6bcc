// What stands around every page that has no waveforms: the bar with all alarms, the overlay of a lost connection, and
// the live feed behind them.

import { Bar, Lost } from "./bar.js";
import { Announcer } from "./chips.js";
import { Link } from "./link.js";
import { notice } from "./notice.js";
import { roomText, text } from "./texts.js";

const AGE_MS = 500;

/** Where an alarm is, in words. */
export function whereIn({ places }) {
  return (alarm) => {
    if (!alarm.room) return text("where.service");
    const place = places.find(({ room, seat }) => room === alarm.room && seat === alarm.seat);
    return place ? roomText(place) : alarm.room;
  };
}

export class Shell {
  /** `onPicture(picture)`: how all rooms are; again while nothing new comes. */
  constructor(onPicture) {
    this.onPicture = onPicture;
    this.main = document.getElementById("main");
    this.bar = new Bar(notice, () => undefined);
    this.lost = new Lost();
    this.announcer = new Announcer(document.getElementById("announce"));
    this.frame = null;
    this.link = new Link({ onPicture: (newest) => ((this.frame = newest), this.show()), onWaves: () => undefined, onState: () => this.show() });
    setInterval(() => this.show(), AGE_MS);
  }

  show() {
    if (!this.link) return; // its first word comes while it is being made
    const { link, frame } = this;
    const lastMs = frame && Date.parse(frame.picture.ts);
    this.bar.showLink(link.state);
    this.lost.show(link.state, lastMs);
    this.main.inert = link.state === "lost" || link.state === "logged-out";
    if (!frame) return;
    const moment = { age: link.pictureAge, live: link.live, nowMs: lastMs + link.pictureAge * 1000 * frame.speed };
    const where = whereIn(frame.picture);
    this.bar.showService(frame, moment);
    this.bar.showAlarms(frame.picture.alarms, moment, where, () => false);
    if (link.live) this.announcer.hear(frame.picture.alarms, where);
    this.onPicture(frame.picture);
  }
}
