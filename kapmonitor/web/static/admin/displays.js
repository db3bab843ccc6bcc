// Screens without a log-in: pairing one by the code that it shows, and taking it away.

import { command } from "../api.js";
import { ageText, text } from "../texts.js";
import { Section, button, choice, field, read } from "./table.js";

export class Displays extends Section {
  constructor(notice) {
    super("displays", notice, ["id", "shows", "seen", "do"]);
    this.code = field(text("displays.code"), { maxlength: 20 });
    this.name = field(text("displays.id"), { maxlength: 40 });
    this.room = choice([["", text("displays.wall")]], text("displays.column.shows"));
    const pair = () =>
      this.attempt(
        () => command("displays", { code: this.code.value.trim(), id: this.name.value.trim(), room: this.room.value }),
        () => text("displays.done", { display: this.name.value }),
      );
    this.above.append(this.code, this.name, this.room, button(text("displays.pair"), pair, "main"));
    this.#rooms();
  }

  async #rooms() {
    const places = (await read("rooms")) ?? [];
    for (const room of new Set(places.map((place) => place.room))) this.room.add(new Option(text("displays.room", { room }), room));
  }

  async ask() {
    const found = await read("displays");
    if (!found) return;
    const row = (each) => [
      each.id,
      each.room ? text("displays.room", { room: each.room }) : text("displays.wall"),
      each.seen_ago_s === null ? text("displays.never") : ageText(each.seen_ago_s),
      button(text("displays.remove"), () => this.attempt(() => command(`displays/${each.id}/remove`), () => text("displays.removed", { display: each.id })), "danger"),
    ];
    this.rows(found.map(row));
  }
}
