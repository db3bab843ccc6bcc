// The page of whoever sets things up and looks that all is well. Each section has a file of its own: a `node` to
// show, and `ask()`, which asks the service how things stand. A new section is one line in SECTIONS.

import { Bar, Lost } from "../bar.js";
import { Announcer } from "../chips.js";
import { setText } from "../dom.js";
import { Link } from "../link.js";
import { may } from "../may.js";
import { roomText, text } from "../texts.js";
import { Audit } from "./audit.js";
import { Displays } from "./displays.js";
import { Pagers } from "./pagers.js";
import { People } from "./people.js";

const SECTIONS = [Pagers, ...(may("administer") ? [People, Displays, Audit] : [])];
const AGE_MS = 500;
const AGAIN_MS = 2000;
const NOTICE_MS = 8000;
const byId = (id) => document.getElementById(id);

let frame = null;
let noticeTimer;
const bar = new Bar(notice, () => undefined);
const lost = new Lost();
const announcer = new Announcer(byId("announce"));
const link = new Link({ onPicture: (newest) => ((frame = newest), show()), onWaves: () => undefined, onState: show });
const sections = SECTIONS.map((Section) => new Section(notice));
byId("main").append(...sections.map((section) => section.node));

function notice(words) {
  setText(byId("notice"), words);
  byId("notice").hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (byId("notice").hidden = true), NOTICE_MS);
}

function where(alarm) {
  const place = frame.picture.places.find(({ room, seat }) => room === alarm.room && seat === alarm.seat);
  return place ? roomText(place) : alarm.room || text("where.service");
}

function show() {
  const lastMs = frame && Date.parse(frame.picture.ts);
  bar.showLink(link.state);
  lost.show(link.state, lastMs);
  byId("main").inert = link.state === "lost" || link.state === "logged-out";
  if (!frame) return;
  const moment = { age: link.pictureAge, live: link.live, nowMs: lastMs + link.pictureAge * 1000 * frame.speed };
  bar.showService(frame, moment);
  bar.showAlarms(frame.picture.alarms, moment, where, () => false);
  if (link.live) announcer.hear(frame.picture.alarms, where);
}

const ask = () => sections.forEach((section) => section.ask());
setInterval(show, AGE_MS);
setInterval(() => link.live && ask(), AGAIN_MS);
ask();
