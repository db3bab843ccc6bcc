// The page on which one session is worked. Numbers and alarms come with the live feed, one picture at a time; what
// else is known of the session is asked for as it changes.

import { Bar, Lost } from "../bar.js";
import { Announcer, STARS, worst } from "../chips.js";
import { setHidden } from "../dom.js";
import { Link } from "../link.js";
import { notice } from "../notice.js";
import { whereIn } from "../shell.js";
import { parseWaves } from "../waves.js";
import { Alarms } from "./alarms.js";
import { Care } from "./care.js";
import { Case } from "./case.js";
import { Closed } from "./closed.js";
import { Cuff } from "./cuff.js";
import { Dose } from "./dose.js";
import { Events } from "./events.js";
import { Head } from "./head.js";
import { Leaving } from "./leaving.js";
import { Limits } from "./limits.js";
import { Live } from "./live.js";
import { Log } from "./log.js";
import { Desk } from "./panel.js";
import { Places } from "./places.js";
import { Stage } from "./stage.js";
import { Trends } from "./trends.js";

const AGE_MS = 500;

const byId = (id) => document.getElementById(id);
const id = document.body.dataset.session;
const one = new Case(id, show);
const desk = new Desk(id, () => one.refresh());
const live = new Live(desk, notice);
const head = new Head(byId("head"), byId("next"), desk, notice);
const work = [new Stage(desk), new Dose(desk), new Leaving(desk), new Events(desk), new Care(desk)];
const cuff = new Cuff(desk);
const watch = [new Trends(desk), new Alarms(desk, notice), new Limits(desk), new Log(desk), new Places(desk)];
const afterwards = watch.filter((panel) => panel instanceof Alarms || panel instanceof Log);
const closed = new Closed(byId("gone"), id);
const announcer = new Announcer(byId("announce"));
let frame = null;

byId("live").append(...live.nodes, cuff.node);
byId("work").append(...work.map((panel) => panel.node));
byId("watch").append(...watch.map((panel) => panel.node));

const bar = new Bar(notice, () => live.waves.recolour());
const lost = new Lost();
const link = new Link({ onPicture: take, onWaves: draw, onState: show });

function take(newest) {
  frame = newest;
  const place = placeNow();
  const mine = frame.picture.alarms.filter((alarm) => alarm.session === id);
  const { ts, ...state } = place?.session?.state ?? {};
  one.seen(JSON.stringify([place?.session?.phase, state]), mine.map((alarm) => `${alarm.alarm}/${alarm.seq}`).join());
  looksAfter(place?.room ?? "");
  show();
}

/** Whoever looks at this page looks after its room: the service says so where nobody does. */
function looksAfter(room) {
  if (link.watches === room) return;
  link.watches = room;
  link.report();
}

function placeNow() {
  return frame?.picture.places.find(({ session }) => session?.id === id) ?? null;
}

function show() {
  const lastMs = frame && Date.parse(frame.picture.ts);
  bar.showLink(link.state);
  lost.show(link.state, lastMs);
  byId("main").inert = byId("head").inert = link.state === "lost" || link.state === "logged-out";
  if (!frame) return;
  const age = link.pictureAge;
  const moment = { age, live: link.live, nowMs: lastMs + age * 1000 * frame.speed };
  const { alarms, places } = frame.picture;
  const where = whereIn(frame.picture);
  const shown = {
    id,
    case: one,
    view: one.view ?? one.closed?.view ?? null,
    place: placeNow(),
    places,
    alarms: alarms.filter((alarm) => alarm.session === id),
    moment,
    speed: frame.speed,
  };
  bar.showService(frame, moment);
  bar.showAlarms(
    alarms.filter((alarm) => alarm.session !== id), // those of this session stand beside its numbers
    moment,
    where,
    (alarm) => Boolean(alarm.session),
  );
  const sign = STARS[worst(alarms)];
  document.title = sign ? `${sign} ${bar.title}` : bar.title;
  if (link.live) announcer.hear(alarms, where);
  head.update(shown);
  showGone(one.gone && !shown.place);
  if (!one.gone) live.update(shown);
  const panels = one.view ? [cuff, ...work, ...watch] : one.closed ? afterwards : [];
  for (const panel of panels) panel.update(shown);
}

/** Of what is over there are its record and its alarms; nothing can be done any more. */
function showGone(gone) {
  setHidden(byId("gone"), !gone);
  if (!gone) return;
  closed.show(one.closed, one.problem);
  for (const part of ["live", "work"]) setHidden(byId(part), true);
  for (const panel of watch) setHidden(panel.node, !one.closed || !afterwards.includes(panel));
}

function draw(buffer) {
  for (const block of parseWaves(buffer)) if (block.session === id) live.waves.push(block);
}

function sweep(nowMs) {
  live.waves.draw(nowMs, frame?.speed ?? 1);
  requestAnimationFrame(sweep);
}

/** What stays in sight below the head needs to know how high that is. */
new ResizeObserver(([{ target }]) => document.body.style.setProperty("--head", `${target.offsetHeight}px`)).observe(byId("head"));
setInterval(show, AGE_MS);
requestAnimationFrame(sweep);
one.refresh();
