// Starting a session, and what can be done with one that is open.

import { callHelp, endSession, here, interrupt, logEvent, setPhase, startCuff, startSession, stopCuff } from "./api.js";
import { make } from "./dom.js";
import { roomText, text } from "./texts.js";

const ROUTES = ["sublingual", "intramuscular", "intravenous", "intranasal"];
const SYMPTOMS = ["chest_pain", "breathing", "syncope", "seizure", "neurological"];
const BREAK_MIN = 5;
const PHASES = ["screening", "baseline", "ready", "onset", "peak", "recovery", "discharge", "aborted"];

/** A dialog that is gone from the page once it is closed. */
export function open(title, ...content) {
  const problem = make("p", { class: "problem", role: "alert" });
  const heading = make("h2", { id: "dialog-title" }, title);
  const dialog = make("dialog", { "aria-labelledby": "dialog-title" }, heading, ...content, problem);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  /** Do it and close; or stay open and say why it did not work. */
  const attempt = async (doing) => {
    problem.textContent = "";
    try {
      await doing();
      dialog.close();
    } catch (failure) {
      problem.textContent = text("failed", { reason: failure.message });
    }
  };
  return { dialog, attempt };
}

function button(label, onclick, kind = "plain") {
  return make("button", { type: "button", class: kind, onclick }, label);
}

/** Everything simulated: then a session here can only be a drill. */
function allSimulated(place) {
  return place.devices.length > 0 && place.devices.every((device) => device.origin === "simulated");
}

export function askStart(place) {
  const drill = allSimulated(place);
  const choices = ROUTES.map((route, n) =>
    make("label", { class: "choice" }, make("input", { type: "radio", name: "route", value: route, checked: n === 0 }), ` ${text(`route.${route}`)}`),
  );
  const routes = make("fieldset", {}, make("legend", {}, text("start.route")), ...choices);
  const note = drill ? [make("p", { class: "drill-note" }, text("start.drill"))] : [];
  const go = () => attempt(() => startSession(place, routes.querySelector(":checked").value, drill));
  const { dialog, attempt } = open(
    text("start.title", { room: roomText(place) }),
    routes,
    ...note,
    make("div", { class: "dialog-end" }, pages(place), button(text("dialog.cancel"), () => dialog.close()), button(text("start.go"), go, "main")),
  );
}

export function control(place) {
  const session = place.session;
  const phases = PHASES.map((phase) => {
    const here = phase === session.phase;
    const choice = button(text(`phase.${phase}`), () => attempt(() => setPhase(session, phase)));
    choice.setAttribute("aria-pressed", String(here));
    return choice;
  });
  const person = [
    button(text("control.here"), () => attempt(() => here(session)), "main"),
    button(text("control.help"), () => attempt(() => callHelp(place)), "danger"),
    button(text("control.break"), () => attempt(() => interrupt(session, BREAK_MIN))),
  ];
  const symptoms = SYMPTOMS.map((kind) =>
    button(text(`symptom.${kind}`), () => attempt(() => logEvent(session, { kind, severity: "severe" }))),
  );
  const present = session.state?.work?.symptoms ?? [];
  const over = button(text("control.symptoms-over"), () =>
    attempt(() => Promise.all(present.map(({ symptom }) => logEvent(session, { kind: symptom, resolved: true })))),
  );
  const cuff = [
    button(text("control.cuff-start"), () => attempt(() => startCuff(session)), "main"),
    button(text("control.cuff-stop"), () => attempt(() => stopCuff(session))),
  ];
  const end = make("div", { class: "dialog-row" }, pages(place), button(text("control.end"), () => askEnd(end, session, attempt), "danger"));
  const { dialog, attempt } = open(
    text("control.title", { room: roomText(place) }),
    make("div", { class: "dialog-row" }, ...person),
    make("h3", {}, text("control.symptoms")),
    make("div", { class: "dialog-row" }, ...symptoms, over),
    make("h3", {}, text("control.phase")),
    make("div", { class: "dialog-row" }, ...phases),
    make("h3", {}, text("control.cuff")),
    make("div", { class: "dialog-row" }, ...cuff),
    make("p", {}, make("a", { href: `/sessions/${session.id}` }, text("control.page"))),
    make("div", { class: "dialog-end" }, end, button(text("dialog.close"), () => dialog.close())),
  );
}

/** Where else this place is shown. */
function pages({ room, session }) {
  const own = session ? [make("a", { href: `/sessions/${session.id}` }, text("control.session-page"))] : [];
  return make("nav", { class: "dialog-pages" }, ...own, make("a", { href: `/room/${room}` }, text("control.room-page")));
}

/** Ending takes two taps, the second on a button that was not there before. */
function askEnd(row, session, attempt) {
  const sure = button(text("control.end-sure"), () => attempt(() => endSession(session)), "danger");
  row.replaceChildren(make("span", {}, text("control.end-question")), sure);
  sure.focus();
}
