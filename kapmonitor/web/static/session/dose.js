// The gates before a dose, and the dose: a closed gate holds the permission, never the record.

import { keep, make, setData, setHidden, setText } from "../dom.js";
import { may } from "../may.js";
import { said } from "../service-texts.js";
import { text, timeText } from "../texts.js";
import { Panel, ask, choice, field, heading, only, row } from "./panel.js";

const ROUTES = ["intramuscular", "intravenous", "intranasal", "sublingual"];
const INFUSION = ["start", "rate", "pause", "resume", "stop"];
const LOZENGE = ["place", "spit", "swallow"];

export class Dose extends Panel {
  constructor(desk) {
    super("dose", desk);
    this.gates = make("ul", { class: "gates", "aria-label": text("dose.gates") });
    this.given = make("ul", { class: "given" });
    this.fields = {
      drug: field(text("dose.drug"), { required: true, maxlength: "60", value: "ketamine" }),
      amount: field(text("dose.amount"), { required: true, type: "number", step: "any", min: "0.01", max: "5000", inputmode: "decimal" }),
      unit: choice(text("dose.unit"), ["mg", "mg/kg", "mcg", "ml"].map((unit) => [unit, unit])),
      route: choice(text("dose.route"), ROUTES.map((route) => [route, text(`route.${route}`)])),
      lot: field(text("dose.lot"), { maxlength: "120" }),
      ago: field(text("dose.ago"), { type: "number", min: "0", max: "720", step: "1", value: "0", inputmode: "numeric" }),
      reason: field(text("dose.reason"), { maxlength: "500" }),
    };
    this.send = this.form(text("dose.log"), {
      address: "doses",
      task: "dose",
      fields: Object.values(this.fields).map(({ node }) => node),
      body: () => this.#asked(),
    });
    this.who = make("p", { class: "quiet" }, text("dose.who", { who: document.body.dataset.user }));
    this.send.lastElementChild.before(this.who);
    this.fold = only("dose", make("details", { class: "fold" }, make("summary", {}, text("dose.title")), this.send));
    this.infusion = this.#infusion();
    this.lozenge = make("div", {}, heading(text("lozenge.title")), row(...LOZENGE.map((action) => this.button(text(`lozenge.${action}`), { address: "lozenge", task: "log", body: () => ({ action }) }))));
    this.body.append(this.given, this.gates, this.fold, this.infusion, this.lozenge);
  }

  #infusion() {
    this.rate = field(text("infusion.rate"), { type: "number", step: "any", min: "0.1", max: "2000", inputmode: "decimal" });
    const body = (action) => () => {
      const rate = Number(this.rate.input.value);
      return rate && (action === "start" || action === "rate") ? { action, rate_ml_h: rate } : { action };
    };
    const buttons = INFUSION.map((action) => this.button(text(`infusion.${action}`), { address: "infusion", task: "dose", body: body(action) }));
    this.running = make("p", { class: "quiet" });
    return only("dose", make("div", {}, heading(text("infusion.title")), this.running, this.rate.node, row(...buttons)));
  }

  #asked() {
    const { drug, amount, unit, route, lot, ago, reason } = this.fields;
    const minutes = Number(ago.input.value);
    const given = minutes > 0 ? { given: new Date(this.nowMs - minutes * 60_000).toISOString() } : {};
    return {
      drug: drug.input.value.trim(),
      amount: Number(amount.input.value),
      unit: unit.input.value,
      route: route.input.value,
      lot: lot.input.value.trim(),
      reason: reason.input.value.trim(),
      ...given,
    };
  }

  update({ view, place, moment }) {
    this.nowMs = moment.nowMs;
    const phase = place?.session?.phase ?? view.phase;
    if (this.shownFor !== view.id) {
      this.shownFor = view.id;
      this.fields.route.input.value = view.route;
      for (const option of this.fields.route.input.options) option.defaultSelected = option.value === view.route;
    }
    if (this.phase !== phase) this.fold.open = phase === "ready";
    this.phase = phase;
    setHidden(this.fold, Boolean(view.ended));
    setHidden(this.infusion, view.route !== "intravenous" || Boolean(view.ended));
    setText(this.running, view.infusion ? text("infusion.last", { what: text(`infusion.${view.infusion}`) }) : "");
    setHidden(this.lozenge, view.route !== "sublingual" || Boolean(view.ended));
    this.#showGates(view.ended ? [] : view.gates);
    this.#showGiven(view.doses);
    const held = view.gates.some((gate) => gate.holds && !gate.open && !gate.reason);
    setHidden(this.fields.reason.node, !held);
  }

  #showGates(gates) {
    keep(
      this.gates,
      gates,
      (gate) => gate.name,
      () => make("li", { class: "gate" }, make("span", { class: "gate-sign" }), make("span", { class: "gate-words" }), make("span", { class: "row" })),
      (node, gate) => {
        const state = gate.open ? "open" : gate.reason ? "passed" : gate.holds ? "closed" : "note";
        setData(node, "state", state);
        setText(node.children[0], text(`gate.${state}`));
        setText(node.children[1], gate.reason ? text("gate.passed-by", { text: said(gate.text), by: gate.passed_by, reason: gate.reason }) : said(gate.text));
        this.#passing(node.children[2], gate, state);
      },
    );
    setHidden(this.gates, !gates.length);
  }

  /** One tap where the gate has a usual reason; else a reason is asked for. */
  #passing(node, gate, state) {
    const allowed = may("run_session") && (!gate.hard || may("pass_hard_hold"));
    const mark = state === "closed" ? `${gate.preset}/${gate.hard}/${allowed}` : "";
    if (node.dataset.mark === mark) return;
    node.dataset.mark = mark;
    const send = (reason) => this.desk.send("hold", { gate: gate.name, reason });
    const why = make("button", { type: "button", onclick: () => ask({ title: text("gate.pass-title"), what: said(gate.text), label: text("gate.pass"), send }) }, text("gate.pass"));
    const tap = make("button", { type: "button", onclick: () => this.attempt(tap, () => send(gate.preset)) }, text("gate.preset", { reason: said(gate.preset) }));
    const none = make("span", { class: "quiet" }, text(gate.hard ? "gate.prescriber-only" : "gate.medical-only"));
    node.replaceChildren(...(mark === "" ? [] : allowed ? (gate.preset ? [tap, why] : [why]) : [none]));
  }

  #showGiven(doses) {
    keep(this.given, doses.map((dose, n) => ({ ...dose, n: n + 1 })), ({ n }) => String(n), () => make("li"), (node, dose) => {
      const words = text("dose.given", { ...dose, time: timeText(Date.parse(dose.at)) });
      const lot = dose.lot ? text("dose.given-lot", { lot: dose.lot }) : "";
      const held = dose.closed.length ? text("dose.given-held", { gates: dose.closed.join(", "), reason: dose.reason || "–" }) : "";
      setText(node, [words, lot, held].filter(Boolean).join(" · "));
    });
    setHidden(this.given, !doses.length);
  }
}
