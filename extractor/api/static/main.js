// Asks the API every few seconds, and says how old the answer is. The panels: overview.js, rows.js, details.js.

import { forgetKey, hasKey, keepKey, Problem } from "./calls.js";
import * as details from "./details.js";
import { write } from "./elements.js";
import * as overview from "./overview.js";
import * as rows from "./rows.js";
import { clock } from "./words.js";

const INTERVAL_MS = 2_500;
const LONGEST_MS = 30_000;
// Counting a long table takes time. The page rests this many times as long, so it counts a tenth of the time at most.
const SHARE = 10;

const PANELS = [overview, rows, details];
const part = (id) => document.getElementById(id);
let round = 0;
let failures = 0;
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
  failures = 0;
  part("board").hidden = false;
  part("key").hidden = true;
  write(part("as-of"), `as of ${clock(Date.now())}`);
  showState("live", "Live");
}

function showOld(error) {
  const wait = lookIn(INTERVAL_MS * 2 ** ++failures);
  const old = part("board").hidden ? "" : "The data is old. ";
  showState("old", `${old}${error.message} Asking again in ${Math.round(wait / 1000)} s.`);
}

function showLocked() {
  const said = hasKey() ? "That is not the key." : "The API asks for its key.";
  forgetKey();
  part("details").close();
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
overview.start(look);
rows.start(look);
details.start(look);
