// Recording and broker: whether they do their work, and what they say of themselves.

import { make } from "../dom.js";
import { said } from "../service-texts.js";
import { text } from "../texts.js";
import { Section, read } from "./table.js";

export class Service extends Section {
  constructor(notice) {
    super("service", notice, ["part", "state", "what"]);
  }

  async ask() {
    const found = await read("service");
    if (found) this.rows(found.map(({ name, well, text: words }) => [text(`service.${name}`), state(well), said(words)]));
  }
}

function state(well) {
  return make("strong", { "data-state": well ? "online" : "offline" }, text(well ? "service.well" : "service.bad"));
}
