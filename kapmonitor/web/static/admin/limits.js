// The alarm limits in force: who answers for them, what is other than in the set signed last, and the signature.

import { command } from "../api.js";
import { make, setData, setHidden, setText } from "../dom.js";
import { may } from "../may.js";
import { said } from "../service-texts.js";
import { dayText, text } from "../texts.js";
import { Section, field, grid, read } from "./table.js";

const PIN = /^\d{4,8}$/;

export class Limits extends Section {
  constructor(notice) {
    super("limits.set", notice, ["rule", "column", "before", "now"]);
    this.verdict = make("p", { class: "verdict" });
    this.against = make("p", {});
    this.all = grid("limits.set", ["rule", "priority", "text", "columns"]);
    const fold = make("details", { class: "fold" }, make("summary", {}, text("limits.set.all")), this.all.node);
    this.above.replaceWith(this.verdict, this.against);
    this.node.append(fold);
    if (may("sign_limits")) this.#signing();
  }

  #signing() {
    this.name = field(text("limits.set.name"), { minlength: 3, maxlength: 80, required: true, autocapitalize: "words" });
    this.proof = field(text("limits.set.proof"), { type: "password", maxlength: 256, required: true });
    this.seen = make("input", { type: "checkbox", required: true });
    const form = make("form", { class: "section-above", autocomplete: "off", "data-private": true }, this.name, this.proof, make("label", { class: "check" }, this.seen, text("limits.set.read")), make("button", { class: "main" }, text("limits.set.sign")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#sign();
    });
    this.node.append(form);
  }

  #sign() {
    if (!this.shown) return;
    const proof = this.proof.value;
    const name = this.name.value.trim();
    this.proof.value = "";
    this.seen.checked = false;
    this.asked = false;
    const body = { hash: this.shown.hash, name, ...(PIN.test(proof) ? { pin: proof } : { password: proof }) };
    this.attempt(() => command("limits/sign", body), () => text("limits.set.done", { name }));
  }

  /** Once, and again after a signature: somebody may be reading it. */
  async ask() {
    if (this.asked) return;
    this.asked = true;
    const found = await read("limits");
    if (found) this.#show(found);
    else this.asked = false;
  }

  #show(found) {
    this.shown = found;
    const { hash, signed, rules } = found;
    const words = signed ? text("limits.set.signed", { name: signed.name, time: dayText(signed.at) }) : text("limits.set.unsigned");
    setText(this.verdict, `${words} ${text("limits.set.hash", { hash: hash.slice(0, 12) })}`);
    setData(this.verdict, "verdict", signed ? "answered" : "unsigned");
    const differences = found.differences ?? [];
    setText(this.against, againstText(found));
    this.rows(differences.map(line));
    setHidden(this.table, !differences.length);
    this.all.rows(rules.map((rule) => [rule.rule, text(`priority.${rule.priority}`), said(rule.text), columnsOf(rule)]));
  }
}

function againstText({ last, differences, signed }) {
  if (!last) return text("limits.set.none");
  const who = { name: last.name, time: dayText(last.at) };
  if (differences === null) return text("limits.set.unreadable", who);
  if (differences.length) return text("limits.set.last", who);
  return signed ? "" : text("limits.set.same");
}

function line({ rule, column, before, now }) {
  if (!column) return [rule, text(now === "-" ? "limits.set.went" : "limits.set.came"), "", ""];
  return [rule, column, before || "–", now || "–"];
}

function columnsOf({ columns }) {
  return Object.entries(columns).map(([name, words]) => make("span", { class: "column" }, make("b", {}, name), ` ${words}`));
}
