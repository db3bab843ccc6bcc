// A card of the page, and the controls in it: each sends one command and says where it stands what came of it.

import { command } from "../api.js";
import { open } from "../dialogs.js";
import { make, setText } from "../dom.js";
import { may } from "../may.js";
import { text } from "../texts.js";

/** What all cards share: the session's id, and how to look again once something was done. */
export class Desk {
  constructor(id, looked) {
    Object.assign(this, { id, looked });
  }

  async send(address, body) {
    await command(`sessions/${this.id}/${address}`, body);
    await this.looked();
  }
}

export class Panel {
  /** What is `open` says nothing of who the patient is, and stays when the screen is locked. */
  constructor(name, desk, { open = false } = {}) {
    this.desk = desk;
    this.problem = make("p", { class: "problem", role: "alert" });
    this.body = make("div", { class: "card-body" });
    this.node = make(
      "section",
      { class: "card", id: name, "data-private": !open, tabindex: "-1", "aria-labelledby": `${name}-title` },
      make("h2", { id: `${name}-title` }, text(`card.${name}`)),
      this.body,
      this.problem,
    );
  }

  /** Do something, with `button` shut meanwhile; what went wrong stays on the card until something went right. */
  async attempt(button, doing) {
    button.disabled = true;
    try {
      await doing();
      setText(this.problem, "");
    } catch (failure) {
      setText(this.problem, text("failed", { reason: failure.message }));
    } finally {
      button.disabled = false;
    }
  }

  /** `body()` is asked when it is pressed; `done()` is called when the service has done it. */
  button(label, { address, body = () => undefined, task, kind = "plain", done = () => undefined }) {
    const node = make("button", { type: "button", class: kind }, label);
    node.addEventListener("click", () =>
      this.attempt(node, async () => {
        await this.desk.send(address, body());
        done();
      }),
    );
    return only(task, node);
  }

  /** A form whose button sends what is in it. */
  form(label, { address, body, task, kind = "main", fields, keep = false }) {
    const send = make("button", { class: kind }, label);
    const node = make("form", { class: "form", autocomplete: "off" }, ...fields, send);
    node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.attempt(send, async () => {
        await this.desk.send(address, body());
        if (!keep) node.reset();
      });
    });
    return only(task, node);
  }

  /** A button that asks for a reason first, in a dialog that stays open while it is refused. */
  reasoned(label, { title, what = "", address, body, task, kind = "plain", preset = "" }) {
    const node = make("button", { type: "button", class: kind, onclick: () => ask({ title, what, label, kind, preset, send: (reason) => this.desk.send(address, body(reason)) }) }, label);
    return only(task, node);
  }
}

/** Only for those who may: the service refuses anybody else anyhow. */
export function only(task, node) {
  if (task && !may(task)) node.classList.add("not-mine");
  return node;
}

/** `send(reason)` until it is not refused. */
export function ask({ title, what = "", label, kind = "main", preset = "", send }) {
  const reason = make("input", { name: "reason", maxlength: "500", required: true, value: preset });
  const go = make("button", { class: kind }, label);
  const form = make(
    "form",
    { class: "form" },
    ...(what ? [make("p", {}, what)] : []),
    make("label", {}, text("ask.reason"), reason),
    make("div", { class: "dialog-end" }, make("button", { type: "button", onclick: () => dialog.close() }, text("dialog.cancel")), go),
  );
  const { dialog, attempt } = open(title, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => send(reason.value.trim()));
  });
  reason.focus();
  return dialog;
}

/** A labelled input. */
export function field(label, attributes) {
  const input = make("input", attributes);
  return { input, node: make("label", { class: "field" }, make("span", {}, label), input) };
}

/** A labelled choice; `options`: pairs of value and words. */
export function choice(label, options, attributes = {}) {
  const input = make("select", attributes, ...options.map(([value, words]) => make("option", { value }, words)));
  return { input, node: make("label", { class: "field" }, make("span", {}, label), input) };
}

export function checkbox(label, attributes) {
  const input = make("input", { type: "checkbox", ...attributes });
  return { input, node: make("label", { class: "check" }, input, make("span", {}, label)) };
}

/** Choices of a select that has been there already: what is chosen stays. */
export function setOptions(select, options) {
  const mark = JSON.stringify(options);
  if (select.dataset.options === mark) return;
  const chosen = select.value;
  select.dataset.options = mark;
  select.replaceChildren(...options.map(([value, words]) => make("option", { value }, words)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

export const row = (...content) => make("div", { class: "row" }, ...content);
export const heading = (words) => make("h3", {}, words);
