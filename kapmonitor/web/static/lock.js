// The lock of this page, and changing the user. It covers nothing: a locked page goes on showing values and alarms.
// A sheet to be read or printed has neither, and nothing that says by itself that nobody is logged in any more.
// Included by itself: a page needs no more than this script, base.css and lock.css.

import { command } from "./api.js";
import { make, setData, setHidden, setText } from "./dom.js";
import { text } from "./texts.js";
import { askWho } from "./who.js";

const TOUCH_MS = 20000;
const ASK_MS = 60000;
const LOGGED_OUT = 401;
const isSheet = Boolean(document.querySelector("main[data-private]"));
const others = new BroadcastChannel("kap-login");

const state = { view: null, touchedMs: 0, timer: 0 };
const words = make("span", {}, text(isSheet ? "lock.locked-sheet" : "lock.locked"));
const open = make("button", { type: "button", class: "main", onclick: () => ask() }, text("lock.unlock"));
const bar = make("section", { class: "lock-bar", role: "status", hidden: true }, words, open);
const who = make("button", { type: "button", class: "plain", "data-private": true, onclick: () => ask() });
const now = make("button", { type: "button", class: "plain", onclick: () => lockNow() }, text("lock.now"));

/** The page has to be another one: who works here, and what they may do, is written into it. */
function changed() {
  others.postMessage("changed");
  location.reload();
}

function ask() {
  askWho(state.view, changed);
}

function show() {
  const locked = Boolean(state.view?.locked);
  if (locked && bar.hidden) for (const dialog of document.querySelectorAll("dialog[open]:not(.who)")) dialog.close(); // words half typed
  setData(document.documentElement, "locked", locked ? "locked" : null);
  setHidden(bar, !locked);
  setHidden(now, locked);
  if (state.view) setText(who, text("lock.who", { user: state.view.user }));
}

/** Nobody is logged in here any more: nor may anybody read on. */
function leave() {
  setData(document.documentElement, "locked", "locked");
  bar.replaceChildren(text("lost.logged-out"), make("a", { href: "/login" }, text("lost.log-in")));
  document.body.append(bar);
  setHidden(bar, false);
}

/** How it stands; again when it will be locked unless somebody touches it. */
async function look() {
  clearTimeout(state.timer);
  let waitMs = ASK_MS;
  try {
    const answer = await fetch("/api/v1/login");
    if (answer.status === LOGGED_OUT && isSheet) return leave();
    if (answer.ok) {
      state.view = await answer.json();
      if (state.view.role === "display") return; // a screen without a log-in has nothing to lock
      if (!state.view.locked) waitMs = Math.min(ASK_MS, state.view.locks_in_s * 1000 + 500);
      if (!who.isConnected) place();
      show();
    }
  } catch {
    // no connection: the page says so itself
  }
  state.timer = setTimeout(look, waitMs);
}

async function lockNow() {
  await command("login/lock");
  others.postMessage("looked");
  look();
}

/** A hand is at this page: told to the service now and then. */
async function touched() {
  if (!state.view || state.view.locked || Date.now() - state.touchedMs < TOUCH_MS) return;
  state.touchedMs = Date.now();
  await fetch("/api/v1/login/touch", { method: "POST" }).catch(() => null);
  look();
}

function place() {
  document.querySelector(".bar-end")?.prepend(who, now);
  document.body.append(bar);
}

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, touched, { capture: true, passive: true });
addEventListener("kap-locked", () => look().then(ask));
addEventListener("visibilitychange", () => document.hidden || look());
others.addEventListener("message", ({ data }) => (data === "changed" ? location.reload() : look()));
look();
