// The bar on top: site, all alarms, the link's state, the service's clock, dark or light.

import { STARS, showChips, worst } from "./chips.js";
import { make, setData, setHidden, setText } from "./dom.js";
import { said } from "./service-texts.js";
import { switchLanguage } from "./language.js";
import { text, timeText, useZone } from "./texts.js";

const byId = (id) => document.getElementById(id);

export class Bar {
  /** `onTheme()` is called after the colours have changed. */
  constructor(notice, onTheme) {
    this.notice = notice;
    this.onTheme = onTheme;
    this.title = document.title;
    this.theme = byId("theme");
    this.theme.addEventListener("click", () => this.#switchTheme());
    this.#labelTheme();
    byId("language").addEventListener("click", switchLanguage);
    this.simulated = byId("simulated");
    setText(this.simulated, text("simulated.band"));
    setHidden(this.simulated, !document.documentElement.dataset.simulated);
  }

  /** `hasTile(alarm)`: its own chip, with all words and the button, is on a tile; a service-wide alarm has none. */
  showAlarms(alarms, moment, where, hasTile) {
    const sign = STARS[worst(alarms)];
    document.title = sign ? `${sign} ${this.title}` : this.title; // a page in the background says it, too
    showChips(byId("all-alarms"), alarms, {
      where,
      whole: (alarm) => !hasTile(alarm),
      notice: this.notice,
      ...moment,
    });
  }

  showService(frame, moment) {
    useZone(frame.timezone);
    setText(byId("clock"), moment.live ? timeText(moment.nowMs, { seconds: true }) : "--:--:--");
    const simulated = frame.simulated || frame.picture.places.some((place) => place.marks.includes("simulated"));
    setHidden(this.simulated, !simulated);
    setText(byId("problems"), text("problems", { problems: frame.problems.map(said).join(" · ") }));
    setHidden(byId("problems"), !frame.problems.length);
  }

  showLink(state) {
    setData(byId("link"), "state", state);
    setText(byId("link"), text(`link.${state}`));
  }

  #switchTheme() {
    const next = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
    this.#labelTheme();
    this.onTheme();
  }

  #labelTheme() {
    setText(this.theme, text(dark() ? "theme.light" : "theme.dark"));
  }
}

function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Lies over everything while the feed is lost: what is below is not current, and has no numbers any more. */
export class Lost {
  constructor() {
    this.node = byId("lost");
  }

  show(state, lastMs) {
    const lost = state === "lost" || state === "logged-out";
    if (lost && this.shown !== state) {
      this.#fill(state, lastMs);
      document.querySelectorAll("dialog").forEach((dialog) => dialog.close()); // they lie above everything else
    }
    this.shown = lost ? state : null;
    setHidden(this.node, !lost);
  }

  #fill(state, lastMs) {
    const out = state === "logged-out";
    this.node.replaceChildren(
      make("h2", {}, text(out ? "lost.logged-out" : "lost.title")),
      make("p", {}, text("lost.what")),
      out
        ? make("p", {}, make("a", { href: "/login" }, text("lost.log-in")))
        : make("p", {}, text("lost.since", { time: lastMs ? timeText(lastMs, { seconds: true }) : "–" })),
    );
  }
}
