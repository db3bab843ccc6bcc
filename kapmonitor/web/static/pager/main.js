// A phone as a pager: what comes is stored, confirmed and shown; what is tapped goes back. Whatever makes that
// untrue (no link, no storage, a dark screen) stands on the screen in words.

import { command } from "../api.js";
import { setData, setHidden, setText } from "../dom.js";
import { notice } from "../notice.js";
import { durationText, text, timeText, useZone } from "../texts.js";
import { Awake, Battery, keepPage } from "./awake.js";
import { Bell } from "./bell.js";
import { answer, emptyBox, forget, inOrder, noted, only, take, waits } from "./box.js";
import { Cards } from "./cards.js";
import { Line } from "./line.js";
import { drop, identity, load, remember, save } from "./store.js";
import { showPagers } from "./take.js";

const AGAIN_MS = 10_000;
const OFFLINE_S = 10;
const byId = (id) => document.getElementById(id);
const visible = () => document.visibilityState === "visible";

class Pager {
  constructor() {
    useZone(document.body.dataset.zone);
    this.who = identity();
    this.bell = new Bell(() => this.show());
    this.battery = new Battery();
    this.awake = new Awake(() => this.show());
    this.cards = new Cards(byId("cards"), (alarm, status) => this.#answer(alarm, status));
    this.rung = new Map();
    this.unstored = new Set();
    this.saving = Promise.resolve();
    this.confirmedAt = Date.now();
    byId("start").addEventListener("click", () => this.#start());
    byId("leave").addEventListener("click", () => this.#leave());
    document.addEventListener("visibilitychange", () => this.#seen());
    setInterval(() => this.show(), 500);
    keepPage().catch(() => {});
    if (this.who.pager) this.#begin(this.who.pager);
    else this.#choose();
  }

  // Which pager

  #choose(words = "") {
    this.line?.end();
    this.line = null;
    this.awake.release();
    this.who = remember({ ...this.who, pager: "" });
    setText(byId("lost-words"), words);
    setHidden(byId("lost-words"), !words);
    this.show();
    showPagers(byId("pagers"), this.who.key, notice, (pager) => this.#taken(pager));
  }

  #taken(pager) {
    this.who = remember({ ...this.who, pager });
    this.#start();
    this.#begin(pager);
  }

  async #begin(pager) {
    this.box = emptyBox();
    try {
      this.box = (await load(pager)) ?? this.box;
    } catch {
      this.storeless = true;
    }
    for (const { page } of inOrder(this.box)) this.rung.set(page.page_id, Date.now()); // it rang before the reload
    this.line = new Line({
      hello: () => ({ pager, key: this.who.key }),
      onMessage: (message) => this.#take(message),
      onState: () => this.show(),
    });
    this.show();
  }

  async #leave() {
    try {
      await command(`pagers/${this.who.pager}/leave`, { key: this.who.key });
    } catch (problem) {
      notice(text("failed", { reason: problem.message }));
    }
  }

  async #lost(words) {
    const pager = this.who.pager;
    this.#choose(words);
    await this.saving;
    await drop(pager).catch(() => {});
  }

  // What comes

  #take(message) {
    const take = {
      heartbeat: () => this.#beat(),
      page: () => this.#pages([message.page]),
      standing: () => this.#standing(message),
      noted: () => this.#noted(message.number),
      lost: () => (message.by ? this.#lost(text("pager.lost", { pager: this.who.pager, by: message.by })) : this.#elsewhere()),
      refused: () => this.#lost(message.reason),
    };
    take[message.kind]?.();
  }

  #beat() {
    if (!visible()) return;
    this.confirmedAt = Date.now();
    this.line.send({ kind: "seen", visible: true, sound: this.bell.audible, battery: this.battery.percent });
    this.#flush();
  }

  #standing({ pages, complete }) {
    forget(this.box, this.line.now);
    if (complete) only(this.box, new Set(pages.map((page) => page.alarm)), text("pager.over-meanwhile"));
    this.#pages(pages);
  }

  /** Shown at once, confirmed once it is stored. */
  #pages(pages) {
    for (const page of pages) {
      if (!this.box.answered[page.page_id]) this.unstored.add(page.page_id);
      take(this.box, page, this.line.now);
    }
    this.#store();
  }

  #noted(number) {
    noted(this.box, number);
    this.#store();
  }

  #answer(alarm, status) {
    if (answer(this.box, alarm, status, this.line.now)) this.#store();
  }

  /** Everything up to now on the disk, then out. */
  #store() {
    const [pager, box, written] = [this.who.pager, structuredClone(this.box), [...this.unstored]];
    this.saving = this.saving.then(() => save(pager, box)).then(
      () => {
        for (const id of written) this.unstored.delete(id);
        this.storeless = false;
      },
      () => (this.storeless = true),
    );
    this.saving.then(() => this.#flush());
    this.show();
  }

  /** What cannot be stored, or be seen, is never called delivered. */
  #flush() {
    if (!visible() || !this.line) return;
    for (const { number, ...receipt } of this.box.unsent) {
      if (receipt.status === "delivered" && this.unstored.has(receipt.page_id)) continue;
      this.line.send({ kind: "receipt", number, receipt: { schema: 1, ...receipt } });
    }
  }

  // What a person does, and sees

  #start() {
    this.bell.enable();
    this.awake.hold();
  }

  #elsewhere() {
    this.line.end();
    this.line = null;
    this.elsewhere = true;
    this.show();
  }

  #seen() {
    if (visible()) {
      const away = (Date.now() - this.confirmedAt) / 1000;
      setHidden(byId("away"), !this.line || away < OFFLINE_S);
      setText(byId("away"), text("pager.away", { long: durationText(away) }));
      if (this.line?.live) this.#beat();
    } else {
      this.line?.send({ kind: "seen", visible: false });
    }
    this.show();
  }

  show() {
    const state = this.line?.state ?? "none";
    setData(document.body, "link", state);
    setHidden(byId("taking"), Boolean(this.line) || Boolean(this.elsewhere));
    setHidden(byId("carrying"), !this.line);
    setHidden(byId("elsewhere"), !this.elsewhere);
    if (!this.line) return;
    setText(byId("pager"), this.who.pager);
    setText(byId("clock"), this.line.live ? timeText(this.line.now, { seconds: true }) : "--:--:--");
    setText(byId("link"), text(`pager.link.${state}`));
    setData(byId("link"), "state", state);
    this.#showNoLink(state);
    setHidden(byId("start"), this.bell.audible);
    setHidden(byId("problem"), !this.#problems().length);
    setText(byId("problem"), this.#problems().join(" "));
    this.cards.show(this.box, this.line.now);
    setHidden(byId("calm"), inOrder(this.box).length > 0 || !this.line.live);
    this.#ring(state);
  }

  #showNoLink(state) {
    const lost = state === "lost" || state === "logged-out";
    setHidden(byId("no-link"), !lost);
    setHidden(byId("log-in"), state !== "logged-out");
    setText(byId("no-link-why"), text(state === "logged-out" ? "pager.no-link.logged-out" : "pager.no-link.silence", { long: durationText(this.line.silence) }));
    document.title = lost ? text("pager.no-link") : byId("pager").textContent;
  }

  #problems() {
    const found = [];
    if (this.storeless) found.push(text("pager.not-stored"));
    if (this.awake.wanted && !this.awake.held) found.push(text("pager.goes-dark"));
    return found;
  }

  /** New pages ring once, unread high ones and a lost link every 10 s. */
  #ring(state) {
    const now = Date.now();
    const due = (key, again) => !this.rung.has(key) || (again && now - this.rung.get(key) >= AGAIN_MS);
    const ring = (key, what) => {
      this.rung.set(key, now);
      this.bell.ring(what);
    };
    if (state === "lost" && due("lost", true)) ring("lost", "lost");
    if (state === "live") this.rung.delete("lost");
    for (const { page, status } of inOrder(this.box).filter(waits)) {
      const unread = page.priority === "high" && status === "delivered";
      if (due(page.page_id, unread)) ring(page.page_id, page.priority);
    }
  }
}

new Pager();
