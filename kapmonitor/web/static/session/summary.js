// One session on one page, for whoever takes over: who, what was given, how it is now, what was done.

import "./print.js";
import { make, setText } from "../dom.js";
import { said } from "../service-texts.js";
import { reasonText, roomText, text, timeText, useZone } from "../texts.js";
import { episodes } from "./alarms.js";
import { read, readEntries } from "./case.js";
import { readClosed } from "./closed.js";
import { nameOf } from "./events.js";
import { entryText } from "./log.js";

const id = document.body.dataset.session;
const sheet = document.getElementById("sheet");
const NUMBERS = ["heart_rate", "pulse_rate", "spo2"];
const PRESSURES_SHOWN = 6;
const LONGEST_MIN = 720;
const LINES_SHOWN = 14;

useZone(document.body.dataset.zone);
const whole = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short", timeZone: document.body.dataset.zone });

async function ask() {
  const [{ view, entries }, places] = await Promise.all([known(), read("rooms")]);
  const course = await read(`sessions/${id}/alarms`).catch(() => ({ lines: [] }));
  const trends = await Promise.all(NUMBERS.map((name) => read(`sessions/${id}/trend?quantity=${name}&minutes=${LONGEST_MIN}`).catch(() => null)));
  const now = trends.find(Boolean)?.until; // the service's time, whatever this computer's clock says
  return { view, entries, place: places.find(({ session }) => session?.id === id), alarms: episodes(course.lines), trends, nowMs: now ? Date.parse(now) : Date.now() };
}

/** At hand while it is open and for some minutes more; then from the record. */
async function known() {
  try {
    return { view: await read(`sessions/${id}`), entries: await readEntries(id) };
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    return readClosed(id);
  }
}

const facts = (pairs) => make("dl", { class: "facts" }, ...pairs.flatMap(([name, words]) => [make("dt", {}, name), make("dd", {}, words || "–")]));
const section = (title, ...content) => make("section", {}, make("h2", {}, title), ...content);
const at = (ts) => timeText(Date.parse(ts));

function table(heads, rows) {
  const head = make("tr", {}, ...heads.map((words) => make("th", { scope: "col" }, words)));
  return make("table", { class: "grid" }, make("thead", {}, head), make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((words) => make("td", {}, words))))));
}

function head({ view, place, nowMs }) {
  const marks = [...new Set([...(place?.marks ?? []), ...(view.drill ? ["drill"] : [])])].map((mark) => text(`mark.${mark}`));
  return [
    ...(marks.length ? [make("p", { class: "sheet-marks" }, marks.join(" · "))] : []),
    make("h1", {}, text("summary.title", { room: roomText({ ...view, only_seat: view.seat === "a" }) })),
    make("p", { class: "small" }, text("summary.printed", { time: whole.format(nowMs), by: document.body.dataset.user, id })),
  ];
}

function who({ view, entries }) {
  const screened = entries.findLast(({ what }) => what.kind === "screened")?.what;
  return section(
    text("summary.who"),
    facts([
      [text("summary.client"), [view.client.code, view.client.number].filter(Boolean).join(" · ")],
      [text("summary.session"), `${text(`route.${view.route}`)} · ${text("head.started", { time: at(view.started), by: view.started_by })} · ${text(`phase.${view.phase}`)}`],
      [text("summary.screening"), screened ? entryText(screened) : text("summary.not-asked")],
      [text("summary.staff"), [view.started_by, view.therapist, ...view.present].filter((name, n, all) => name && all.indexOf(name) === n).join(", ")],
    ]),
  );
}

function doses({ view, nowMs }) {
  const since = (dose) => text("minutes", { n: Math.round((nowMs - Date.parse(dose.at)) / 60_000) });
  const rows = view.doses.map((dose) => [at(dose.at), since(dose), `${dose.amount} ${dose.unit} ${dose.drug}`, dose.lot || "–", dose.by]);
  return section(text("summary.doses"), rows.length ? table(["time", "ago", "dose", "lot", "by"].map((name) => text(`summary.${name}`)), rows) : make("p", {}, text("summary.no-dose")));
}

/** Now, before the dose, and how far it went; a number that is not there says why. */
function numbers({ view, place, trends }) {
  const rows = NUMBERS.map((name, n) => {
    const shown = place?.session?.values[name];
    const now = shown && shown.value !== null ? String(Math.round(shown.value)) : `--- (${reasonText(shown?.reason ?? "never")})`;
    const trend = trends[n];
    const low = (trend?.low ?? []).filter((value) => value !== null);
    const range = low.length ? `${Math.round(Math.min(...low))}–${Math.round(Math.max(...trend.high.filter((value) => value !== null)))}` : "–";
    const before = view.baseline?.[name];
    return [text(`vital.${name}`), now, before === undefined ? "–" : String(Math.round(before)), range];
  });
  return section(text("summary.numbers"), table(["what", "now", "before", "range"].map((name) => text(`summary.${name}`)), rows));
}

function pressures({ view, entries }) {
  const taken = entries.filter(({ what }) => what.kind === "measured" && what.systolic !== null);
  const rows = taken.slice(-PRESSURES_SHOWN).reverse().map(({ what, ts }) => [at(what.measured ?? ts), `${Math.round(what.systolic)}/${Math.round(what.diastolic)}`, what.mean === null ? "–" : String(Math.round(what.mean)), what.quality === "valid" ? "" : what.quality]);
  const before = view.baseline ? `${Math.round(view.baseline.systolic)}/${Math.round(view.baseline.diastolic)}` : "–";
  return section(text("summary.pressures", { before }), table(["time", "pressure", "mean", "quality"].map((name) => text(`summary.${name}`)), rows));
}

function patient({ view, alarms, entries }) {
  const symptoms = view.symptoms.map((one) => [nameOf(one.symptom), one.severity && text(`severity.${one.severity}`), one.score !== null && `MOAA/S ${one.score}`, at(one.since)].filter(Boolean).join(" "));
  const high = alarms.filter(({ priority }) => priority === "high").slice(0, 6).map((each) => `${at(each.began)} ${said(each.text)}`);
  const done = entries.filter(({ what }) => ["intervention", "oxygen", "infusion", "symptom", "help-called"].includes(what.kind)).slice(-LINES_SHOWN).map(({ what, ts }) => `${at(ts)} ${entryText(what)}`);
  return section(
    text("summary.patient"),
    facts([
      [text("summary.symptoms"), symptoms.join("; ")],
      [text("events.sedation"), view.sedation === null ? text("events.no-score") : `${view.sedation} ${text(`moaas.${view.sedation}`)}`],
      [text("care.oxygen"), view.oxygen_l_min ? text("care.oxygen-on", { flow: view.oxygen_l_min }) : text("care.oxygen-off")],
      [text("summary.high"), high.join("; ")],
      [text("summary.done"), done.join("; ")],
    ]),
  );
}

try {
  const found = await ask();
  sheet.replaceChildren(...head(found), who(found), doses(found), numbers(found), pressures(found), patient(found), make("p", { class: "sign" }, text("summary.handed"), make("i"), text("summary.time"), make("i")));
} catch (problem) {
  setText(document.getElementById("problem"), text("failed", { reason: problem.message }));
}
sheet.removeAttribute("aria-busy");
