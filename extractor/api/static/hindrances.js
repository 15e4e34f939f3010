// What keeps rows back, each with the command that helps.

import { element, fillList, write } from "./elements.js";
import { say } from "./language.js";
import { inZone, moment } from "./words.js";

const list = document.querySelector("#hindrances ul");
const alarm = document.getElementById("alarm");

/** Connect the button that leads to the list where that is not the first thing on the page. */
export function start() {
  alarm.addEventListener("click", () => list.scrollIntoView({ block: "center" }));
}

/** Show what keeps rows back; `bridges` and `workers` are those that live. */
export function show({ sources, is_day_spent, daily_consultation_limit }, bridges, workers, accounts) {
  const lines = sources.flatMap(hindrancesOf);
  if (is_day_spent) lines.push(["limit", say("limit.reached", { limit: daily_consultation_limit }), "extractor spend"]);
  if (!bridges.length) lines.push(["bridge", say("bridge.none"), "celery -A tasks bridge"]);
  if (!workers.length) lines.push(["workers", say("workers.none"), "celery -A tasks worker -Q acte,index"]);
  if (!accounts.length) lines.push(["accounts", say("accounts.none"), "extractor accounts add USERNAME"]);
  else if (!accounts.some(isAble)) lines.push(["accounts", say("accounts.noneUsable"), "extractor accounts list"]);
  alarm.hidden = !lines.length;
  write(alarm, say("alarm", { count: lines.length }));
  fillList(list, lines.length ? lines.map(item) : [element("li", { className: "calm" }, say("hindrances.none"))]);
}

function item([name, text, command]) {
  const helps = command ? [say("colon"), element("code", {}, command)] : [];
  return element("li", { className: name }, element("b", {}, say(`hindrance.${name}`)), ` ${text}`, ...helps);
}

function hindrancesOf({ document_source: source, paused, since, paused_by, reason, broken_until, broken_reason, is_probed }) {
  const lines = [];
  const why = inZone(broken_reason);
  if (paused) {
    const told = { source, by: paused_by ?? say("paused.byUnknown"), reason: inZone(reason) ?? say("paused.noReason") };
    const sentence = since ? say("paused.since", { ...told, since: moment(since) }) : say("paused.undated", told);
    lines.push(["paused", sentence]);
  }
  if (broken_until) lines.push(["broken", say("broken.until", { source, until: moment(broken_until), reason: why })]);
  else if (is_probed) lines.push(["probed", say("probed.after", { source, reason: why })]);
  return lines;
}

const isAble = ({ condition }) => ["usable", "leased"].includes(condition);
