// Who can log in: adding people, roles, new passwords, and taking log-ins away.

import { command } from "../api.js";
import { make, setText } from "../dom.js";
import { text } from "../texts.js";
import { Section, button, choice, field, read } from "./table.js";

const ROLES = ["prescriber", "medical", "therapist", "viewer", "administrator"];
const roles = () => ROLES.map((role) => [role, text(`role.${role}`)]);

export class People extends Section {
  constructor(notice) {
    super("people", notice, ["id", "role", "state", "do"], { names: true });
    const id = field(text("people.id"), { maxlength: 40 });
    const role = choice(roles(), text("people.column.role"), "medical");
    this.secret = make("output", { class: "secret" });
    const add = () => this.attempt(() => command("users", { id: id.value.trim(), role: role.value }), (made) => this.#show(made));
    this.above.append(id, role, button(text("people.add"), add, "main"), this.secret);
  }

  async ask() {
    const people = await read("users");
    if (people) this.rows(people.map((each) => this.#row(each)));
  }

  #show(made) {
    setText(this.secret, text("people.password", { user: made.id, password: made.password }));
    return text("people.done", { user: made.id });
  }

  #row(user) {
    const at = `users/${user.id}`;
    const done = () => text("people.done", { user: user.id });
    const role = choice(roles(), `${text("people.column.role")}: ${user.id}`, user.role);
    role.addEventListener("change", () => this.attempt(() => command(`${at}/role`, { role: role.value }), done));
    const states = [text(user.disabled ? "people.disabled" : "people.enabled")];
    if (user.logged_in) states.push(text("people.logged-in", { n: user.logged_in }));
    if (user.pin) states.push(text("people.pin"));
    const turn = user.disabled ? "enable" : "disable";
    return [
      user.id,
      role,
      states.join(" · "),
      [
        button(text("people.reset"), () => this.attempt(() => command(`${at}/password`), (made) => this.#show(made))),
        button(text(`people.${turn}`), () => this.attempt(() => command(`${at}/${turn}`), done), user.disabled ? "plain" : "danger"),
      ],
    ];
  }
}
