// Every device as it stands: connected or not, battery, signal, its last sample, and what to do.

import { make, setData } from "../dom.js";
import { said } from "../service-texts.js";
import { ageText, text } from "../texts.js";
import { Section, read } from "./table.js";

export class Devices extends Section {
  constructor(notice) {
    super("devices", notice, ["id", "place", "state", "battery", "signal", "heard", "what", "advice"]);
  }

  async ask() {
    const found = await read("devices");
    if (found) this.rows(found.map(cells));
  }
}

function cells(device) {
  return [
    device.id,
    device.seat === "a" ? device.room : `${device.room}/${device.seat}`,
    stateOf(device),
    device.battery === null ? text("devices.unsaid") : text("device.battery", { n: Math.round(device.battery) }),
    device.signal === null ? "–" : text("devices.dbm", { n: Math.round(device.signal) }),
    device.heard_s === null ? text("devices.never") : ageText(device.heard_s),
    [device.model, device.serial_number, device.firmware].filter(Boolean).join(" · ") || device.driver,
    device.status === "online" ? "" : said(device.advice),
  ];
}

function stateOf({ status, sleeps, origin, text: words }) {
  const state = sleeps && status !== "online" ? "sleeps" : status || "unknown";
  const node = make("strong", {}, text(`devices.${state}`));
  setData(node, "state", state);
  const more = [origin === "simulated" ? text("mark.simulated") : "", state === "online" ? "" : said(words)].filter(Boolean).join(" · ");
  return more ? [node, ` · ${more}`] : [node];
}
