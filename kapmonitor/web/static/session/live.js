// What is measured now: alarms, numerals, waveforms, the cuff at a glance, and what people have quietened.

import { showChips, vitalOf } from "../chips.js";
import { keep, make, setHidden, setText } from "../dom.js";
import { showNotes } from "../notes.js";
import { said } from "../service-texts.js";
import { text } from "../texts.js";
import { Vitals } from "../vitals.js";
import { Waves } from "../waves.js";
import { Interruption } from "./interruption.js";

const NO_PLETH = new Set(["no_finger", "sensor_off"]);

export class Live {
  constructor(desk, notice) {
    this.notice = notice;
    this.vitals = new Vitals();
    this.waves = new Waves();
    this.chips = make("ul", { class: "chips", "aria-label": text("card.alarms") });
    this.quiet = make("ul", { class: "notes" });
    this.devices = make("ul", { class: "devices" });
    this.grid = make("div", { class: "numerals" }, ...this.vitals.cells.map((cell) => cell.node));
    this.interruption = new Interruption(desk);
    this.nodes = [this.chips, this.quiet, this.grid, this.waves.node, this.devices, this.interruption.node];
  }

  update(shown) {
    const { place, alarms, moment } = shown;
    const session = place?.session ?? { values: {}, nibp: null, state: null };
    const now = place ? moment : { ...moment, live: false };
    showChips(this.chips, alarms, { where: () => "", whole: () => true, notice: this.notice, ...moment });
    showNotes(this.quiet, quieted(session.state), now);
    this.vitals.update(session, now);
    for (const [name, cell] of Object.entries({ rate: this.vitals.rate, spo2: this.vitals.spo2, nibp: this.vitals.nibp })) {
      cell.alarm(alarms.find((alarm) => vitalOf(alarm) === name && now.live)?.priority ?? null);
    }
    this.waves.show({ pleth: now.live && !NO_PLETH.has(session.values.spo2?.reason), ecg: now.live });
    this.#devices(place?.devices ?? [], now);
    this.interruption.update(shown);
  }

  #devices(devices, { live }) {
    keep(
      this.devices,
      devices.filter((device) => live && device.status !== "online"),
      (device) => device.id,
      () => make("li", { class: "device" }),
      (row, device) => {
        row.dataset.status = device.status ?? "unknown";
        const words = [said(device.text) || text(`status.${device.status ?? "unknown"}`), said(device.advice)].filter(Boolean);
        setText(row, `${text(`device.${device.kind}`)}: ${words.join(" · ")}`);
      },
    );
    setHidden(this.devices, !this.devices.children.length);
  }
}

/** What is to be done stands at the top of this page; here stands what people have quietened, and the next reading. */
function quieted(state) {
  return state && { ...state, work: state.work && { ...state.work, to_do: [] } };
}
