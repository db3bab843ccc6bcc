// Sound and vibration. Tones are made here, no file is loaded; a browser allows them only after a tap.

const PULSES = { high: 10, medium: 3, low: 1, lost: 4 };
const PITCH = { high: 880, medium: 660, low: 520, lost: 330 };
const PULSE_S = { high: 0.16, medium: 0.22, low: 0.3, lost: 0.35 };
const GAP_S = 0.12;

export class Bell {
  /** Whether this phone may sound. */
  get audible() {
    return this.audio?.state === "running";
  }

  /** In a tap: from now on it may. `onChange()` is called when a browser takes that back, or gives it. */
  async enable(onChange) {
    if (!this.audio) {
      this.audio = new AudioContext();
      this.audio.onstatechange = onChange;
    }
    await this.audio.resume();
    this.ring("low");
    onChange();
  }

  /** One burst, by priority; `lost`: there is no link. */
  ring(what) {
    const pulse = Math.round(PULSE_S[what] * 1000);
    navigator.vibrate?.(Array.from({ length: 2 * PULSES[what] - 1 }, (_, i) => (i % 2 ? GAP_S * 1000 : pulse)));
    if (!this.audible) return;
    for (let i = 0; i < PULSES[what]; i++) this.#pulse(what, this.audio.currentTime + i * (PULSE_S[what] + GAP_S));
  }

  /** Soft edges: a tone that begins at once clicks. */
  #pulse(what, at) {
    const [tone, volume] = [this.audio.createOscillator(), this.audio.createGain()];
    tone.frequency.value = PITCH[what];
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.6, at + 0.02);
    volume.gain.setValueAtTime(0.6, at + PULSE_S[what] - 0.03);
    volume.gain.linearRampToValueAtTime(0, at + PULSE_S[what]);
    tone.connect(volume).connect(this.audio.destination);
    tone.start(at);
    tone.stop(at + PULSE_S[what]);
  }
}
