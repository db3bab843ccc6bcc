// All sessions of the last days, with filters, and where one can be started.

import { command } from "../api.js";
import { keep, make, setHidden, setText } from "../dom.js";
import { Shell } from "../shell.js";
import { roomText, text, timeText } from "../texts.js";
import { read } from "./case.js";
import { Panel, checkbox, choice, field, only, setOptions } from "./panel.js";

const AGAIN_MS = 10_000;
const DAYS = ["1", "7", "30", "365"];
const ROUTES = ["sublingual", "intramuscular", "intravenous", "intranasal"];
const PRESETS = ["standard", "quiet", "manual"];

/** Nobody is on the page of a session here: what is sent goes to all of them. */
const desk = { send: (address, body) => command(address, body), looked: () => undefined };

class Start extends Panel {
  constructor() {
    super("start", desk);
    only("run_session", this.node);
    this.place = choice(text("start.place"), [], { required: true });
    this.none = make("p", { class: "quiet" }, text("start.none"));
    const route = choice(text("start.route"), ROUTES.map((word) => [word, text(`route.${word}`)]));
    const preset = choice(text("cuff.preset"), PRESETS.map((word) => [word, text(`preset.${word}`)]));
    const code = field(text("start.code"), { maxlength: "40", pattern: "[A-Za-z0-9\\-]*", title: text("start.code-what") });
    const therapist = field(text("start.therapist"), { maxlength: "40", pattern: "[a-z0-9\\-]*", title: text("start.therapist-what") });
    this.drill = checkbox(text("start.is-drill"), {});
    this.send = make("button", { class: "main" }, text("start.go"));
    const form = make("form", { class: "form", autocomplete: "off" }, this.place.node, route.node, preset.node, code.node, therapist.node, this.drill.node, this.send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [room, seat] = this.place.input.value.split("/");
      const body = { room, seat, route: route.input.value, preset: preset.input.value, drill: this.drill.input.checked, client: { code: code.input.value.trim() }, therapist: therapist.input.value.trim() };
      this.attempt(this.send, async () => {
        const { session } = await command("sessions", body);
        location.href = `/sessions/${session}`;
      });
    });
    this.body.append(this.none, form);
    this.place.input.addEventListener("change", () => this.#mustBeDrill());
    this.form_ = form;
  }

  update(places) {
    this.free = places.filter(({ session }) => !session);
    const first = this.place.input.value;
    setOptions(this.place.input, this.free.map((each) => [`${each.room}/${each.seat}`, roomText(each)]));
    if (this.place.input.value !== first) this.#mustBeDrill();
    setHidden(this.none, this.free.length > 0);
    setHidden(this.form_, !this.free.length);
  }

  /** Where every device is simulated, a session can only be a drill. */
  #mustBeDrill() {
    const place = this.free.find((each) => `${each.room}/${each.seat}` === this.place.input.value);
    const simulated = Boolean(place?.devices.length) && place.devices.every(({ origin }) => origin === "simulated");
    this.drill.input.checked = simulated;
    this.drill.input.disabled = simulated;
  }
}

class Sessions extends Panel {
  constructor() {
    super("sessions", desk);
    this.days = choice(text("list.days"), DAYS.map((n) => [n, text("list.last", { n })]));
    this.days.input.value = "7";
    this.state = choice(text("list.state"), ["all", "open", "ended"].map((word) => [word, text(`list.${word}`)]));
    this.room = choice(text("list.room"), [["", text("list.all")]]);
    this.search = field(text("list.search"), { type: "search" });
    for (const { input } of [this.days, this.state, this.room, this.search]) input.addEventListener("input", () => (input === this.days.input ? this.ask() : this.#show()));
    const columns = ["session", "room", "started", "ended", "phase", "route", "client", "by"].map((name) => make("th", { scope: "col" }, text(`list.${name}`)));
    this.rows = make("tbody");
    this.none = make("p", { class: "quiet" }, text("list.none"));
    this.body.append(make("div", { class: "form" }, ...[this.days, this.state, this.room, this.search].map(({ node }) => node)), make("table", { class: "sessions" }, make("thead", {}, make("tr", {}, ...columns)), this.rows), this.none);
    this.found = [];
  }

  async ask() {
    try {
      this.found = await read(`sessions?days=${this.days.input.value}`);
      setText(this.problem, "");
    } catch (problem) {
      setText(this.problem, text("failed", { reason: problem.message }));
    }
    setOptions(this.room.input, [["", text("list.all")], ...[...new Set(this.found.map(({ room }) => room))].sort().map((room) => [room, roomText({ room, only_seat: true })])]);
    this.#show();
  }

  #show() {
    const words = this.search.input.value.trim().toLowerCase();
    const shown = this.found.filter(
      (one) =>
        (this.state.input.value === "all" || (this.state.input.value === "open") === (one.ended === null)) &&
        (!this.room.input.value || one.room === this.room.input.value) &&
        (!words || [one.id, one.client, one.by, one.ended_by ?? ""].some((each) => each.toLowerCase().includes(words))),
    );
    keep(this.rows, shown, ({ id }) => id, ({ id }) => make("tr", {}, make("td", {}, make("a", { href: `/sessions/${id}` }, id)), ...Array.from({ length: 7 }, () => make("td"))), (node, one) => fill(node, one));
    setHidden(this.none, shown.length > 0);
  }
}

function fill(node, one) {
  const [name, ...cells] = node.children;
  const target = one.ended === null ? `/sessions/${one.id}` : `/sessions/${one.id}/report`;
  if (name.firstChild.getAttribute("href") !== target) name.firstChild.setAttribute("href", target);
  const when = (ts) => `${new Date(ts).toLocaleDateString()} ${timeText(Date.parse(ts))}`;
  const drill = one.drill ? ` · ${text("mark.drill")}` : "";
  const words = [roomText({ ...one, only_seat: one.seat === "a" }), when(one.started), one.ended ? when(one.ended) : text("list.is-open"), text(`phase.${one.phase}`), text(`route.${one.route}`) + drill, one.client, one.by];
  words.forEach((each, n) => setText(cells[n], each));
}

const start = new Start();
const sessions = new Sessions();
document.getElementById("main").append(start.node, sessions.node);
const shell = new Shell(({ places }) => start.update(places));
setInterval(() => shell.link.live && sessions.ask(), AGAIN_MS);
sessions.ask();
