// The wall: every room in its fixed place. One picture at a time is shown, whole: values and alarms of the
// same moment. Between two pictures only ages grow, and what becomes too old goes.

import { Bar, Lost } from "./bar.js";
import { Announcer } from "./chips.js";
import { setData } from "./dom.js";
import { Link } from "./link.js";
import { notice } from "./notice.js";
import { whereIn } from "./shell.js";
import { Sound } from "./sound/switch.js";
import { Tile, tileId } from "./tile.js";
import { parseWaves } from "./waves.js";

const AGE_MS = 500;
const TILE_REM = 28.5;
const DENSE_REM = 25; // a row that is lower than this says only what cannot wait

const rooms = document.getElementById("rooms");
const announcer = new Announcer(document.getElementById("announce"));
const tiles = new Map();
let frame = null;

const bar = new Bar(notice, () => tiles.forEach((tile) => tile.waves.recolour()));
const lost = new Lost();
let link = null;
const sound = new Sound(document.getElementById("sound"), notice, () => link?.report());
link = new Link({ onPicture: take, onWaves: draw, onState: show, watches: "*", sound: () => sound.state });
sound.lostS = () => (link.live ? 0 : link.pictureAge);

function take(newest) {
  frame = newest;
  show();
  sound.hear(frame, Date.parse(frame.picture.ts));
}

function tileOf(place) {
  const id = tileId(place.room, place.seat);
  if (!tiles.has(id)) tiles.set(id, new Tile(place, notice));
  return tiles.get(id);
}

function alarmsOf(place) {
  return frame.picture.alarms.filter((alarm) => alarm.room === place.room && alarm.seat === place.seat);
}

function show() {
  const lastMs = frame && Date.parse(frame.picture.ts);
  bar.showLink(link.state);
  lost.show(link.state, lastMs);
  if (!frame) return;
  const age = link.pictureAge;
  const moment = { age, live: link.live, nowMs: lastMs + age * 1000 * frame.speed };
  const where = whereIn(frame.picture);
  arrange(frame.picture.places);
  for (const place of frame.picture.places) tileOf(place).update(place, alarmsOf(place), moment);
  bar.showService(frame, moment);
  bar.showAlarms(frame.picture.alarms, moment, where, (alarm) => tiles.has(tileId(alarm.room, alarm.seat)));
  if (link.live) announcer.hear(frame.picture.alarms, where);
}

/** Tiles stay where they are; a page only ever rearranges when the configuration did. */
function arrange(places) {
  const wanted = places.map(tileOf);
  const same = rooms.children.length === wanted.length && wanted.every((tile, n) => rooms.children[n] === tile.node);
  if (!same) rooms.replaceChildren(...wanted.map((tile) => tile.node));
  for (const [id, tile] of tiles) if (!wanted.includes(tile)) tiles.delete(id);
  spread();
}

/** As many columns as there is room for, but rows as full as they can be: six rooms are 3 + 3, not 4 + 2. */
function spread() {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const most = Math.max(1, Math.floor(rooms.clientWidth / (TILE_REM * rem)));
  const rows = Math.ceil(rooms.children.length / most) || 1;
  const columns = String(Math.ceil(rooms.children.length / rows) || 1);
  if (rooms.style.getPropertyValue("--columns") !== columns) rooms.style.setProperty("--columns", columns);
  setData(rooms, "dense", most > 1 && rooms.clientHeight / rows < DENSE_REM * rem);
}

function draw(buffer) {
  if (!frame) return;
  for (const block of parseWaves(buffer)) {
    const place = frame.picture.places.find(({ session }) => session?.id === block.session);
    if (place) tileOf(place).waves.push(block);
  }
}

function sweep(nowMs) {
  for (const tile of tiles.values()) tile.waves.draw(nowMs, frame?.speed ?? 1);
  requestAnimationFrame(sweep);
}

setInterval(show, AGE_MS);
window.addEventListener("resize", spread);
requestAnimationFrame(sweep);
