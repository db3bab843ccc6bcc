// The pages that this phone holds and what was answered: plain data, as docs/paging.md says a pager keeps them.
// Nothing here knows a screen, a clock or a link; `now` is the service's time in ms.

export const RANK = { delivered: 0, read: 1, accepted: 2, rejected: 2 };
const URGENCY = { high: 0, medium: 1, low: 2 };
const KEEP_MS = 24 * 3600 * 1000;

export function emptyBox() {
  return { held: {}, newest: {}, answered: {}, unsent: [], came: 0, number: 0 };
}

/** A page came; the same one again is only answered again. Whether it is new and to be shown. */
export function take(box, page, now) {
  const known = box.answered[page.page_id];
  if (known) {
    say(box, page, "delivered", now);
    if (known.status !== "delivered") say(box, page, known.status, now);
    return false;
  }
  box.answered[page.page_id] = { status: "delivered", at: now };
  say(box, page, "delivered", now);
  if (page.seq < (box.newest[page.alarm] ?? page.seq)) return false;
  box.newest[page.alarm] = page.seq;
  const held = box.held[page.alarm];
  if (page.kind === "withdraw") {
    if (held) held.over = page.text;
    return false;
  }
  box.came += 1;
  box.held[page.alarm] = { page, came: box.came, at: now, age: Math.max(0, now - Date.parse(page.sent_at)), status: "delivered", over: "" };
  return true;
}

/** A person's answer; nothing where the page is over, or says that already. Whether it counts. */
export function answer(box, alarm, status, now) {
  const held = box.held[alarm];
  if (!held || held.over || held.status === status || RANK[status] < RANK[held.status]) return false;
  held.status = status;
  box.answered[held.page.page_id] = { status, at: now };
  say(box, held.page, status, now);
  return true;
}

/** Whatever is not in `alarms` is over: the service said so while nobody heard. */
export function only(box, alarms, words) {
  for (const [alarm, held] of Object.entries(box.held)) if (!alarms.has(alarm) && !held.over) held.over = words;
}

export function noted(box, number) {
  box.unsent = box.unsent.filter((each) => each.number !== number);
}

/** What is a day old goes. */
export function forget(box, now) {
  for (const [alarm, held] of Object.entries(box.held)) if (now - held.at > KEEP_MS) delete box.held[alarm];
  for (const [id, { at }] of Object.entries(box.answered)) if (now - at > KEEP_MS) delete box.answered[id];
  for (const alarm of Object.keys(box.newest)) if (!box.held[alarm]) delete box.newest[alarm];
}

export const waits = (held) => !held.over && RANK[held.status] < RANK.accepted;
export const late = (held) => held.age > held.page.ttl_s * 1000;

/** What waits for an answer, what is answered, what is over; in each, high first, then the newest. */
export function inOrder(box) {
  const place = (held) => (held.over || held.status === "rejected" ? 2 : waits(held) ? 0 : 1);
  return Object.values(box.held).sort(
    (a, b) => place(a) - place(b) || URGENCY[a.page.priority] - URGENCY[b.page.priority] || b.came - a.came,
  );
}

/** A receipt that has to go out; one that waits already is not doubled. */
function say(box, page, status, now) {
  if (box.unsent.some((each) => each.page_id === page.page_id && each.status === status)) return;
  box.number += 1;
  const { page_id, seq, origin, drill } = page;
  box.unsent.push({ number: box.number, page_id, seq, origin, drill, status, at: new Date(now).toISOString() });
}
