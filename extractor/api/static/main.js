// Asks the API every few seconds, and says how old the answer is. Each panel has a file: it loads, then it shows.

import { forgetKey, hasKey, keepKey, Problem } from "./calls.js";
import * as details from "./details.js";
import { write } from "./elements.js";
import * as failures from "./failures.js";
import * as filters from "./filters.js";
import * as language from "./language.js";
import * as money from "./money.js";
import * as overview from "./overview.js";
import * as request from "./request.js";
import * as rows from "./rows.js";
import { clock, zone } from "./words.js";

const { say } = language;
const INTERVAL_MS = 2_500;
const LONGEST_MS = 30_000;
// Counting a long table takes time. The page rests this many times as long, so it counts a tenth of the time at most.
const SHARE = 10;

const PANELS = [overview, money, failures, rows, details];
const part = (id) => document.getElementById(id);
let round = 0;
let failed = 0;
let timer;

async function look() {
  clearTimeout(timer);
  const mine = ++round;
  const asked = performance.now();
  try {
    const answers = await Promise.all(PANELS.map((it) => it.load()));
    if (mine !== round) return; // a later look has begun since
    PANELS.forEach((it, at) => it.show(answers[at]));
    showLive();
    lookIn(SHARE * (performance.now() - asked));
  } catch (error) {
    if (mine !== round) return;
    if (error instanceof Problem && error.status === 401) return showLocked();
    showOld(error);
    if (!(error instanceof Problem)) throw error;
  }
}

function lookIn(ms) {
  const wait = Math.min(Math.max(ms, INTERVAL_MS), LONGEST_MS);
  if (!document.hidden) timer = setTimeout(look, wait);
  return wait;
}

function showLive() {
  failed = 0;
  part("board").hidden = false;
  part("key").hidden = true;
  write(part("as-of"), say("asOf", { time: clock(Date.now()), zone: zone() }));
  showState("live", say("connection.live"));
}

function showOld(error) {
  const wait = lookIn(INTERVAL_MS * 2 ** ++failed);
  const old = part("board").hidden ? "" : `${say("connection.old")} `;
  showState("old", `${old}${error.message} ${say("connection.again", { seconds: Math.round(wait / 1000) })}`);
}

function showLocked() {
  const said = say(hasKey() ? "key.wrong" : "key.needed");
  forgetKey();
  document.querySelectorAll("dialog").forEach((dialog) => dialog.close());
  part("board").hidden = true;
  part("key").hidden = false;
  part("key-input").focus();
  showState("locked", said);
}

function showState(state, sentence) {
  document.body.dataset.state = state;
  write(part("connection"), sentence);
}

part("key").addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(part("key-input").value.trim());
  part("key-input").value = "";
  look();
});
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
language.start();
[filters, request, overview, failures, rows, details].forEach((it) => it.start(look));
