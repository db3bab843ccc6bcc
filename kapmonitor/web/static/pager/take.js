// Which pager this phone is to be: all there are, who has them, and one tap to take one.

import { command } from "../api.js";
import { make } from "../dom.js";
import { text, timeText } from "../texts.js";

/** Shows the pagers in `node`; `onTaken(pager)`. */
export async function showPagers(node, key, notice, onTaken) {
  const take = async (pager, over) => {
    try {
      await command(`pagers/${pager.id}/take`, { key, over });
      onTaken(pager.id);
    } catch (problem) {
      notice(text("failed", { reason: problem.message }));
      await showPagers(node, key, notice, onTaken);
    }
  };
  try {
    const answer = await fetch("/api/v1/pagers");
    if (answer.status === 401) location.assign("/login?to=/pager");
    const pagers = await answer.json();
    node.replaceChildren(...(pagers.length ? pagers.map((pager) => row(pager, take)) : [make("li", {}, text("pager.none"))]));
  } catch {
    notice(text("failed", { reason: text("failed.network") }));
  }
}

function row(pager, take) {
  const parts = [make("h2", {}, pager.id), make("p", { class: "quiet" }, standing(pager))];
  const itself = pager.online && !pager.phone_only;
  if (!itself) {
    const words = pager.taken_by ? text("pager.take-over", { by: pager.taken_by }) : text("pager.take");
    parts.push(make("button", { type: "button", class: pager.taken_by ? "danger" : "main", onclick: () => take(pager, Boolean(pager.taken_by)) }, words));
  }
  return make("li", { class: "card", "data-pager": pager.id }, ...parts);
}

function standing(pager) {
  const words = [text("pager.place", { n: pager.place })];
  if (pager.on_call) words.push(text("pager.on-call"));
  if (pager.taken_by) words.push(text("pager.taken", { by: pager.taken_by, time: timeText(Date.parse(pager.taken_at)) }));
  else if (pager.online) words.push(text("pager.itself"));
  else if (pager.person) words.push(text("pager.person", { by: pager.person }));
  return words.join(" · ");
}
