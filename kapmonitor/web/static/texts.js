// Every word that staff read on these pages is in texts/, one file a page and language: `text(key, {name: value})`
// fills in `{name}`. A new page has its own two files there and two lines here.

import { language } from "./language.js";
import adminEn from "./texts/admin.en.js";
import adminEs from "./texts/admin.es.js";
import loginEn from "./texts/login.en.js";
import loginEs from "./texts/login.es.js";
import pagerEn from "./texts/pager.en.js";
import pagerEs from "./texts/pager.es.js";
import roomEn from "./texts/room.en.js";
import roomEs from "./texts/room.es.js";
import sessionEn from "./texts/session.en.js";
import sessionEs from "./texts/session.es.js";
import wallEn from "./texts/wall.en.js";
import wallEs from "./texts/wall.es.js";

const ENGLISH = { ...wallEn, ...adminEn, ...loginEn, ...pagerEn, ...roomEn, ...sessionEn };
const TEXTS = { en: ENGLISH, es: { ...wallEs, ...adminEs, ...loginEs, ...pagerEs, ...roomEs, ...sessionEs } }[language];

export function text(key, values = {}) {
  const pattern = TEXTS[key] ?? ENGLISH[key] ?? key;
  return pattern.replace(/\{([a-z]+)\}/g, (whole, name) => values[name] ?? whole);
}

export function has(key) {
  return key in ENGLISH;
}

export function reasonText(reason) {
  const key = `reason.${reason ?? "not_available"}`;
  return has(key) ? text(key) : String(reason).replaceAll("_", " ");
}

/** `room-1` as people say it: `Room 1`. */
export function roomText(place) {
  const room = nameText(place.room);
  return text(place.only_seat ? "room" : "room.seat", { room, seat: place.seat });
}

function nameText(id) {
  const words = id.replaceAll("-", " ");
  const named = /^room (.+)$/.exec(words);
  return named ? text("room.named", { n: named[1] }) : words.charAt(0).toUpperCase() + words.slice(1);
}

export function ageText(seconds) {
  const n = Math.floor(seconds);
  return n < 100 ? text("age.seconds", { n }) : text("age.minutes", { n: Math.floor(n / 60) });
}

const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const formats = { zone: undefined, short: new Intl.DateTimeFormat([], TIME), long: new Intl.DateTimeFormat([], TIME) };

/** Times are shown in the site's zone, wherever the screen stands. */
export function useZone(zone) {
  if (!zone || formats.zone === zone) return;
  formats.zone = zone;
  formats.short = new Intl.DateTimeFormat([], { ...TIME, timeZone: zone });
  formats.long = new Intl.DateTimeFormat([], { ...TIME, second: "2-digit", timeZone: zone });
}

/** `14:32`; with `seconds` `14:32:07`. */
export function timeText(ms, { seconds = false } = {}) {
  return (seconds ? formats.long : formats.short).format(ms);
}

/** `2026-11-22 14:32:07`, in the site's zone; `ts`: RFC 3339. */
export function dayText(ts) {
  const day = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeZone: formats.zone }).format(Date.parse(ts));
  return `${day} ${timeText(Date.parse(ts), { seconds: true })}`;
}

/** `0:42`, `12:07`, `1:02:07`. */
export function durationText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
