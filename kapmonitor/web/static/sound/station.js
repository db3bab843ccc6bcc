// What is heard at this screen: the worst alarm that nobody has seen, over and over, as its priority sounds.

import { BURSTS } from "./bursts.js";

const RANK = ["low", "medium", "high"];
const LOST_S = 10; // so long without the service before the screen speaks for itself
const LOST_AGAIN_S = 5;

/** The priority to be heard now, or null. `sessions`: by id; a pause holds until everybody is called. */
export function heardNow(alarms, sessions, nowMs) {
  const loud = alarms.filter((alarm) => !alarm.acknowledged && !paused(alarm, sessions, nowMs));
  return RANK.findLast((priority) => loud.some((alarm) => alarm.priority === priority)) ?? null;
}

function paused(alarm, sessions, nowMs) {
  if (alarm.called === "everyone") return false;
  const until = sessions.get(alarm.session)?.state?.audio_paused_until;
  return Boolean(until) && Date.parse(until) > nowMs;
}

export class Station {
  constructor(speaker) {
    this.speaker = speaker;
    this.sounding = null;
    this.nextMs = 0;
  }

  /** To be called some times a second. `priority`: from `heardNow`; `lostS`: seconds without the service. */
  step(priority, lostS) {
    const lost = lostS > LOST_S && priority !== "high";
    const now = lost ? "medium" : priority;
    if (now !== this.sounding) {
      this.sounding = now;
      this.nextMs = 0;
      this.speaker.hush();
    }
    if (now === null || this.speaker.state !== "on" || performance.now() < this.nextMs) return;
    const burst = BURSTS[now];
    const again = lost ? LOST_AGAIN_S : burst.again;
    this.nextMs = performance.now() + 1000 * (this.speaker.play(burst) + again);
  }
}
