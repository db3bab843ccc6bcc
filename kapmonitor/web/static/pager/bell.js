// Sound and vibration, in the bursts that every screen of the clinic has.

import { BURSTS, starts } from "../sound/bursts.js";
import { Speaker } from "../sound/speaker.js";

const LOST = { pulse: 0.35, gaps: [0.15, 0.15, 0.15], pitch: 294 };

export class Bell {
  /** `onChange()`: the browser lets it be heard, or does not any more. */
  constructor(onChange) {
    this.speaker = new Speaker(onChange);
  }

  /** Whether this phone may sound. */
  get audible() {
    return this.speaker.state === "on";
  }

  /** In a tap: from now on it may. */
  enable() {
    this.speaker.switchOn();
    navigator.vibrate?.(50);
  }

  /** One burst: by priority, or `lost` where there is no link. */
  ring(what) {
    const burst = what === "lost" ? LOST : BURSTS[what];
    navigator.vibrate?.(inMilliseconds(burst));
    if (this.audible) this.speaker.play(burst);
  }
}

/** Pulse, gap, pulse, gap … */
function inMilliseconds(burst) {
  const begins = starts(burst);
  const gap = (n) => (n + 1 < begins.length ? [begins[n + 1] - begins[n] - burst.pulse] : []);
  return begins.flatMap((_, n) => [burst.pulse, ...gap(n)]).map((seconds) => Math.round(seconds * 1000));
}
