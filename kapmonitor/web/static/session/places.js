// The session goes on in another place, or with another device.

import { make, setHidden } from "../dom.js";
import { roomText, text } from "../texts.js";
import { Panel, choice, field, heading, only, setOptions } from "./panel.js";

export class Places extends Panel {
  constructor(desk) {
    super("places", desk);
    this.place = choice(text("places.to"), [], { required: true });
    const moving = this.form(text("places.move"), { address: "move", task: "run_session", kind: "plain", fields: [this.place.node], body: () => ({ room: this.place.input.value.split("/")[0], seat: this.place.input.value.split("/")[1] }) });
    this.old = choice(text("places.old"), [], { required: true });
    this.new = choice(text("places.new"), [], { required: true });
    const seen = field(text("places.seen"), { required: true, maxlength: "60" });
    const swap = this.form(text("places.swap"), { address: "swap", task: "run_session", kind: "plain", fields: [this.old.node, this.new.node, seen.node], body: () => ({ old: this.old.input.value, new: this.new.input.value, seen: seen.input.value.trim() }) });
    this.fold = make("details", { class: "fold" }, make("summary", {}, text("places.title")), moving, heading(text("places.swap-title")), swap);
    this.body.append(only("run_session", this.fold));
    only("run_session", this.node);
  }

  update({ view, place, places }) {
    setHidden(this.node, Boolean(view.ended) || !place);
    const free = places.filter(({ session }) => !session);
    setOptions(this.place.input, free.map((each) => [`${each.room}/${each.seat}`, roomText(each)]));
    const name = (device) => `${device.id} (${text(`device.${device.kind}`)})`;
    setOptions(this.old.input, (place?.devices ?? []).map((device) => [device.id, name(device)]));
    setOptions(this.new.input, free.flatMap((each) => each.devices).map((device) => [device.id, name(device)]));
  }
}
