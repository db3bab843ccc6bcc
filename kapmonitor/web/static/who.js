// Who works here: by PIN, or by password. At the edge of the page, so that no alarm is covered.

import { make, setHidden, setText } from "./dom.js";
import { text } from "./texts.js";

const DIALOG = "who-dialog";

async function send(path, body) {
  const answer = await fetch(`/api/v1/login/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.json()).detail ?? answer.statusText);
}

function field(label, attributes) {
  const input = make("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false", ...attributes });
  return { input, node: make("label", { class: "who-field" }, label, input) };
}

/** The fields of one form, its button, and what went wrong. */
function form(fields, label, doing) {
  const problem = make("p", { class: "problem", role: "alert" });
  const node = make("form", {}, ...fields.map((each) => each.node), problem, make("button", { class: "main" }, label));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    setText(problem, "");
    try {
      await doing();
    } catch (failure) {
      setText(problem, failure.message);
    }
  });
  return node;
}

/** `view`: who is here now; `changed()` once it is somebody else, or the same again after a lock. */
export function askWho(view, changed) {
  document.getElementById(DIALOG)?.remove();
  const user = field(text("lock.user"), { value: view?.user ?? "", required: true });
  const pin = field(text("lock.pin"), { type: "password", inputmode: "numeric" });
  const password = field(text("lock.password"), { type: "password" });
  setHidden(password.node, true);
  const go = form([user, pin, password], text("lock.go"), async () => {
    await send("switch", { user: user.input.value.trim(), pin: pin.input.value, password: password.input.value });
    changed();
  });
  const other = make("button", { type: "button", onclick: () => swap() }, text("lock.use-password"));
  const swap = () => {
    const byPin = !pin.node.hidden;
    setHidden(pin.node, byPin);
    setHidden(password.node, !byPin);
    setText(other, text(byPin ? "lock.use-pin" : "lock.use-password"));
    pin.input.value = password.input.value = "";
    (byPin ? password : pin).input.focus();
  };
  const people = (view?.recent ?? []).map((name) =>
    make("button", { type: "button", onclick: () => { user.input.value = name; (pin.node.hidden ? password : pin).input.focus(); } }, name),
  );
  const dialog = make("dialog", { id: DIALOG, class: "who", "aria-labelledby": "who-title" },
    make("h2", { id: "who-title" }, text("lock.title")),
    make("div", { class: "who-people" }, ...people),
    go,
    make("div", { class: "who-people" }, other, make("button", { type: "button", onclick: () => dialog.remove() }, text("lock.cancel"))),
    ...(view && !view.locked ? [own()] : []),
  );
  document.body.append(dialog);
  dialog.show(); // not modal: what is behind it stays readable
  pin.input.focus();
}

/** One's own PIN and password. */
function own() {
  const done = make("p", { class: "who-done", role: "status" });
  const old = field(text("lock.password"), { type: "password", required: true });
  const pin = field(text("lock.new-pin"), { type: "password", inputmode: "numeric" });
  const password = field(text("lock.new-password"), { type: "password" });
  const save = form([old, pin, password], text("lock.save"), async () => {
    setText(done, "");
    if (pin.input.value) await send("pin", { password: old.input.value, pin: pin.input.value });
    if (password.input.value) await send("password", { old: old.input.value, new: password.input.value });
    for (const each of [old, pin, password]) each.input.value = "";
    setText(done, text("lock.saved"));
  });
  return make("details", {}, make("summary", {}, text("lock.own")), save, done);
}
