// Numbers, moments and states as the reader's language words them. There is one clock: the reader's own zone.

import { number, say } from "./language.js";

const UNITS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];
// As the API and its sentences write moments, with the zone: 2026-11-22 21:04:33-05:00.
const MOMENT = /\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;

const TONES = {
  good: ["Complété", "idle", "usable", "listening", "completed"],
  busy: ["En traitement", "busy", "leased", "in progress"],
  warn: ["resting", "polling", "retry", "snooze"],
  bad: ["Erreur", "error", "silent", "failing", "sealed", "hold", "lost"],
};

/** The zone of every time on the page, with its distance from UTC: `America/Toronto (UTC-05:00)`. */
export function zone(at = new Date()) {
  const minutes = -at.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${Intl.DateTimeFormat().resolvedOptions().timeZone} (UTC${minutes < 0 ? "-" : "+"}${two(hours)}:${two(rest)})`;
}

/** The largest unit and the one below it: `3 min 12 s`. */
export function duration(seconds) {
  const whole = Math.round(Math.max(seconds, 0));
  const at = Math.max(UNITS.findIndex(([size]) => whole >= size), 0);
  if (whole < 1) return `0 ${say("unit.s")}`;
  const [size, unit] = UNITS[at];
  const [below, unitBelow] = UNITS[at + 1] ?? [1, "s"];
  const rest = Math.floor((whole % size) / below);
  return `${Math.floor(whole / size)} ${say(`unit.${unit}`)}${rest ? ` ${rest} ${say(`unit.${unitBelow}`)}` : ""}`;
}

/** `2026-11-22 21:04:33`, in the reader's zone. */
export function moment(at) {
  const date = new Date(at);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** A sentence of the API with its moments in the reader's zone. */
export const inZone = (sentence) => sentence?.replace(MOMENT, (at) => moment(at.replace(" ", "T")));

/** The time of day. */
export const clock = (at) => moment(at).slice(-8);

/** `1 234,50 $`; the API gives dollars as a text. */
export const amount = (dollars) => {
  const [whole, cents] = Number(dollars).toFixed(2).split(".");
  return `${number(whole)},${cents}\u00a0$`;
};

/** The colour that a state or status has; its word stands beside it. */
export const tone = (state) => Object.keys(TONES).find((name) => TONES[name].includes(state)) ?? "quiet";

function two(part) {
  return String(part).padStart(2, "0");
}
