// What this browser lets be heard. It may refuse until somebody has touched the page; that is said, not hidden.

import { lengthOf, starts } from "./bursts.js";

const LOUD = 0.5;
const RISE = 0.2; // of a pulse
const HARMONICS = [0, 1, 0.7, 0.6, 0.5, 0.4]; // four within 15 dB of the fundamental: heard among other sounds
const TEST_MS = 400;
const AHEAD_S = 0.05;

export class Speaker {
  /** `onState()`: `state` is another now: `off`, `on`, `blocked` (the browser wants a touch) or `failed`. */
  constructor(onState) {
    this.onState = onState;
    this.state = "off";
    this.wanted = false;
  }

  switchOn() {
    this.wanted = true;
    try {
      this.context ??= this.#made();
    } catch {
      this.#become("failed");
      return;
    }
    this.#look();
    this.context.resume().then(() => this.#look(), () => this.#look());
  }

  #made() {
    const context = new AudioContext();
    this.wave = context.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS));
    this.ear = context.createAnalyser();
    this.ear.connect(context.destination);
    context.addEventListener("statechange", () => this.#look());
    document.addEventListener("pointerdown", () => this.wanted && context.resume());
    return context;
  }

  switchOff() {
    this.wanted = false;
    this.hush();
    this.context?.suspend();
    this.#look();
  }

  #look() {
    const state = this.context?.state === "running" ? "on" : "blocked";
    this.#become(this.wanted ? state : "off");
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.onState();
  }

  /** One burst from now on; how many seconds it lasts. */
  play(burst) {
    this.hush();
    const { context } = this;
    const volume = context.createGain();
    volume.gain.value = LOUD;
    volume.connect(this.ear);
    this.playing = volume;
    const begin = context.currentTime + AHEAD_S; // time goes on between two pulses
    for (const start of starts(burst)) this.#pulse(burst, begin + start, volume);
    return lengthOf(burst);
  }

  #pulse({ pulse, pitch }, at, volume) {
    const { context } = this;
    const tone = context.createOscillator();
    const shape = context.createGain();
    tone.setPeriodicWave(this.wave);
    tone.frequency.value = pitch;
    shape.gain.setValueAtTime(0, at);
    shape.gain.linearRampToValueAtTime(1, at + RISE * pulse);
    shape.gain.setValueAtTime(1, at + (1 - RISE) * pulse);
    shape.gain.linearRampToValueAtTime(0, at + pulse);
    tone.connect(shape).connect(volume);
    tone.start(at);
    tone.stop(at + pulse);
  }

  hush() {
    this.playing?.disconnect();
    this.playing = null;
  }

  /** Whether a burst that is played now comes as far as this program can hear. */
  async test(burst) {
    if (this.state !== "on") return false;
    const before = this.context.currentTime;
    this.play(burst);
    const samples = new Float32Array(this.ear.fftSize);
    let loudest = 0;
    for (const end = performance.now() + TEST_MS; performance.now() < end; ) {
      await new Promise((done) => setTimeout(done, 20));
      this.ear.getFloatTimeDomainData(samples);
      loudest = Math.max(loudest, ...samples.map(Math.abs));
    }
    const heard = loudest > 0.01 && this.context.currentTime > before;
    if (!heard) this.#become("failed");
    return heard;
  }
}
