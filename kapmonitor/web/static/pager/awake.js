// What keeps this phone a pager: the screen stays on, the page is kept for a dead network, the battery is known.

/** Keeps the screen on while the page is visible. `onChange()` is called when that changes. */
export class Awake {
  constructor(onChange) {
    this.onChange = onChange;
    document.addEventListener("visibilitychange", () => this.wanted && this.hold());
  }

  get held() {
    return Boolean(this.lock && !this.lock.released);
  }

  async hold() {
    this.wanted = true;
    if (document.visibilityState !== "visible" || this.held) return;
    try {
      this.lock = await navigator.wakeLock.request("screen");
      this.lock.addEventListener("release", this.onChange);
    } catch {
      // no such thing here, or the battery is low: the page says that the screen may go dark
    }
    this.onChange();
  }

  release() {
    this.wanted = false;
    this.lock?.release();
  }
}

export class Battery {
  constructor() {
    navigator.getBattery?.().then((battery) => (this.battery = battery));
  }

  /** In %, null where the browser does not tell. */
  get percent() {
    return this.battery ? Math.round(this.battery.level * 100) : null;
  }
}

/** Has the worker keep this page, so that a reload without a network shows it and says NO LINK. */
export async function keepPage() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/pager-worker.js", { scope: "/pager" });
  const { active } = await navigator.serviceWorker.ready;
  const parts = performance.getEntriesByType("resource").map((each) => each.name);
  const ours = parts.filter((name) => name.startsWith(`${location.origin}/static/`));
  active.postMessage([`${location.origin}/pager`, ...ours]);
}
