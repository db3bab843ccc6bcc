// The bursts of IEC 60601-1-8: how many pulses, how long, how far apart. Seconds.

const HIGH = { pulse: 0.15, gaps: [0.1, 0.1, 0.35, 0.1], rest: 0.6, twice: true, again: 4, pitch: 660 };
const MEDIUM = { pulse: 0.2, gaps: [0.2, 0.2], again: 10, pitch: 440 };
const LOW = { pulse: 0.2, gaps: [], again: 30, pitch: 330 };

/** By priority: `pitch` in Hz, and so many seconds from the end of one burst to the beginning of the next. */
export const BURSTS = { high: HIGH, medium: MEDIUM, low: LOW };

/** When each pulse begins, from the beginning of the burst. */
export function starts({ pulse, gaps, rest, twice }) {
  const once = [0];
  for (const gap of gaps) once.push(once[once.length - 1] + pulse + gap);
  if (!twice) return once;
  const second = once[once.length - 1] + pulse + rest;
  return [...once, ...once.map((start) => second + start)];
}

export function lengthOf(burst) {
  const all = starts(burst);
  return all[all.length - 1] + burst.pulse;
}
