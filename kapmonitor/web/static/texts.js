// Every word that staff read on these pages, in one place. `text(key, {name: value})` fills in `{name}`.

const ENGLISH = {
  "link.connecting": "Connecting…",
  "link.live": "Live",
  "link.lost": "No connection",
  "link.logged-out": "Logged out",
  "lost.title": "No connection to the monitor",
  "lost.what": "Nothing on this screen is current. Look at the patients and at the devices themselves.",
  "lost.since": "Last update {time}. Trying again…",
  "lost.logged-out": "You are logged out",
  "lost.log-in": "Log in again",
  "simulated.band": "Simulated data – nobody is being monitored",
  "problems": "Service: {problems}",
  "mark.simulated": "Simulated",
  "mark.replay": "Replay",
  "mark.manual": "Typed in",
  "mark.drill": "Drill",
  "theme.dark": "Dark",
  "theme.light": "Light",
  "room": "{room}",
  "room.seat": "{room} · seat {seat}",
  "where.service": "Service",
  "room.empty": "No session",
  "session.start": "Start session",
  "session.open": "Session",
  "control.here": "I am with the patient",
  "control.help": "Call for help",
  "control.break": "Sensors off for 5 min (restroom)",
  "control.symptoms": "It happens now",
  "control.symptoms-over": "It is over",
  "symptom.chest_pain": "Chest pain",
  "symptom.breathing": "Cannot breathe",
  "symptom.syncope": "Faints",
  "symptom.seizure": "Seizure",
  "symptom.neurological": "New weakness or speech trouble",
  "state.audio": "Sounds paused for {left}",
  "state.interruption": "Sensors off on purpose for {left}, {by} is with the patient",
  "state.off": "Limit switched off: {rule}, since {time} by {by}",
  "next.in": "in {left}",
  "next.late": "due since {left}",
  "next.cuff": "Next cuff reading {left}",
  "phase.dosed": "{phase} · dose +{since}",
  "phase.screening": "Screening",
  "phase.baseline": "Baseline",
  "phase.ready": "Ready",
  "phase.onset": "Onset",
  "phase.peak": "Peak",
  "phase.recovery": "Recovery",
  "phase.discharge": "Discharge",
  "phase.aborted": "Aborted",
  "vital.heart_rate": "Heart rate",
  "vital.pulse_rate": "Pulse",
  "vital.spo2": "SpO₂",
  "vital.nibp": "BP",
  "unit./min": "/min",
  "unit.%": "%",
  "unit.mmHg": "mmHg",
  "age.seconds": "{n} s ago",
  "age.minutes": "{n} min ago",
  "limits": "Alarm limits",
  "delay": "Smoothed: {n} s behind the device. Alarms use the unsmoothed value.",
  "note.pulse": "pulse {n}",
  "note.no-strap": "strap: {reason}",
  "note.perfusion": "PI {n}",
  "note.mean": "mean {n}",
  "note.cuff": "cuff now at {n} mmHg",
  "note.no-pressure": "not measured yet",
  "note.old-pressure": "last taken {age}",
  "note.bad-pressure": "{reason}, {age}",
  "wave.pleth": "Pleth",
  "wave.none": "no signal",
  "wave.never": "no waveform",
  "alarm.acknowledge": "Acknowledge",
  "label.real": "Real",
  "label.artefact": "Artefact",
  "label.expected": "Expected",
  "label.what": "What was it? {label}: {alarm}",
  "label.done": "Marked as {label}: {alarm}",
  "alarm.acknowledged": "seen by {by}",
  "alarm.latched": "is over, not yet seen",
  "alarm.coming": "coming: {by}",
  "called.calling": "calling",
  "called.delivered": "a pager has it",
  "called.not-confirmed": "not confirmed: no pager has it, go yourself",
  "called.everyone": "everybody is called: nobody is coming yet, go yourself",
  "alarm.last-known": "last known alarm",
  "alarm.announce": "{where}: {text}",
  "priority.high": "high priority",
  "priority.medium": "medium priority",
  "priority.low": "low priority",
  "device.strap": "Strap",
  "device.oximeter": "Oximeter",
  "device.cuff": "Cuff",
  "device.battery": "battery {n} %",
  "device.charge": "{n} %",
  "status.online": "connected",
  "status.degraded": "connected, no usable data",
  "status.offline": "not connected",
  "status.unknown": "nothing heard yet",
  "start.title": "Start a session in {room}",
  "start.route": "How is ketamine given?",
  "start.drill": "All devices here are simulated: the session will be marked as a drill.",
  "start.go": "Start",
  "route.sublingual": "Sublingual",
  "route.intramuscular": "Intramuscular",
  "route.intravenous": "Intravenous",
  "route.intranasal": "Intranasal",
  "control.title": "Session in {room}",
  "control.phase": "Phase",
  "control.cuff": "Blood pressure cuff",
  "control.cuff-start": "Measure now",
  "control.cuff-stop": "Stop the cuff",
  "control.page": "Whole session: doses, checklist, trends, record",
  "control.end": "End session",
  "control.end-sure": "Yes, end it",
  "control.end-question": "End this session? Monitoring of this seat stops.",
  "dialog.close": "Close",
  "dialog.cancel": "Cancel",
  "failed": "That did not work: {reason}",
  "failed.network": "no connection to the monitor",
};

// Why there is no number, in words that say what to look at.
const REASONS = {
  no_finger: "no finger in the sensor",
  sensor_off: "sensor is off",
  no_contact: "no skin contact",
  frozen: "strap repeats itself",
  searching: "searching for the pulse",
  low_perfusion: "weak signal",
  low_signal: "weak signal",
  weak_signal: "weak signal",
  artifact: "movement",
  out_of_range: "impossible value",
  not_a_number: "device sent no number",
  checksum: "damaged data",
  stale: "no new value",
  never: "nothing received yet",
  implausible: "pressures do not fit each other, repeat",
  not_available: "not available",
  disconnected: "not connected",
  invalid: "not valid",
  questionable: "not reliable",
};

export function text(key, values = {}) {
  const pattern = ENGLISH[key] ?? key;
  return pattern.replace(/\{([a-z]+)\}/g, (whole, name) => values[name] ?? whole);
}

/** The words of one more page. */
export function learn(words) {
  Object.assign(ENGLISH, words);
}

export function has(key) {
  return key in ENGLISH;
}

export function reasonText(reason) {
  return REASONS[reason] ?? String(reason ?? "not available").replaceAll("_", " ");
}

/** `room-1` as people say it: `Room 1`. */
export function roomText(place) {
  const words = place.room.replaceAll("-", " ");
  const room = words.charAt(0).toUpperCase() + words.slice(1);
  return text(place.only_seat ? "room" : "room.seat", { room, seat: place.seat });
}

export function ageText(seconds) {
  const n = Math.floor(seconds);
  return n < 100 ? text("age.seconds", { n }) : text("age.minutes", { n: Math.floor(n / 60) });
}

const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const formats = { zone: undefined, short: new Intl.DateTimeFormat([], TIME), long: new Intl.DateTimeFormat([], TIME) };

/** Times are shown in the site's zone, wherever the screen stands. */
export function useZone(zone) {
  if (!zone || formats.zone === zone) return;
  formats.zone = zone;
  formats.short = new Intl.DateTimeFormat([], { ...TIME, timeZone: zone });
  formats.long = new Intl.DateTimeFormat([], { ...TIME, second: "2-digit", timeZone: zone });
}

/** `14:32`; with `seconds` `14:32:07`. */
export function timeText(ms, { seconds = false } = {}) {
  return (seconds ? formats.long : formats.short).format(ms);
}

/** `0:42`, `12:07`, `1:02:07`. */
export function durationText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
