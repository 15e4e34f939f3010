// Numbers, moments and states as `extractor status` words them.

const UNITS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];

const TONES = {
  good: ["Complété", "idle", "usable", "listening", "completed"],
  busy: ["En traitement", "busy", "leased", "in work"],
  warn: ["resting", "polling", "retry", "snooze"],
  bad: ["Erreur", "error", "silent", "failing", "sealed", "hold", "lost"],
};

/** The largest unit and the one below it: `3 min 12 s`. */
export function duration(seconds) {
  const whole = Math.round(Math.max(seconds, 0));
  const at = UNITS.findIndex(([size]) => whole >= size);
  if (at < 0) return "0 s";
  const [size, unit] = UNITS[at];
  const [below, unitBelow] = UNITS[at + 1] ?? [1, ""];
  const rest = Math.floor((whole % size) / below);
  return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${unitBelow}` : ""}`;
}

/** `2026-11-22 21:04:33`, in this machine's time zone. */
export function moment(at) {
  const date = new Date(at);
  const two = (number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** The time of day. */
export const clock = (at) => moment(at).slice(-8);

/** `1 row`, `3 rows`. */
export const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

/** `12 345`. */
export const number = (count) => grouped(String(count));

/** `1 234,50 $`; the API gives dollars as a text. */
export const amount = (dollars) => `${grouped(Number(dollars).toFixed(2)).replace(".", ",")} $`;

/** The colour that a state or status has; its word stands beside it. */
export const tone = (state) => Object.keys(TONES).find((name) => TONES[name].includes(state)) ?? "quiet";

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, "\u00a0");
