// The whole system on one screen: `extractor status`, `extractor workers` and the accounts.

import { act, ask } from "./ask.js";
import { get, now, post } from "./calls.js";
import { badge, button, cell, element, fillList, fillTable, numberCell, rowLink, wholeCell, write } from "./elements.js";
import * as hindrances from "./hindrances.js";
import { number, say } from "./language.js";
import * as money from "./money.js";
import { price } from "./prices.js";
import { duration, inZone, moment } from "./words.js";

const SOURCES = ["acte", "index", "plan_cadastraux"];
// A process that is silent for longer will not come back: it is folded away with those that said goodbye.
const GONE_MS = 15 * 60_000;

const section = (id) => document.getElementById(id);
const table = (id) => section(id).querySelector("table");
let spentToday = null;

/** Connect the buttons of the sources; they call `look` after a change. */
export function start(look) {
  hindrances.start();
  table("sources").addEventListener("click", async ({ target }) => {
    const { source, action } = target.dataset;
    if (!source) return;
    await act(section("sources-outcome"), () => change(source, action));
    look();
  });
}

/** Ask for everything; throws Problem. */
export async function load() {
  const calls = ["status", "workers", "accounts"].map((name) => get(`/api/${name}`));
  const [status, workers, accounts] = await Promise.all(calls);
  if (spentToday !== null && spentToday !== status.spent_today.consultations) money.forget();
  spentToday = status.spent_today.consultations;
  return { status, workers, accounts };
}

/** Show the answers. */
export function show({ status, workers, accounts }) {
  const { bridges } = status;
  hindrances.show(status, bridges.filter(isAlive), workers.filter(isAlive), accounts);
  fillTable(table("sources"), status.sources, (it) => it.document_source, sourceCells);
  fillTable(table("bridges"), bridges.filter(isPresent), (it) => it.bridge_id, bridgeCells);
  fillTable(table("workers"), workers.filter(isPresent), (it) => it.worker_id, workerCells);
  fillTable(table("accounts"), accounts, (it) => it.id, accountCells);
  showGone([...bridges, ...workers].filter((it) => !isPresent(it)));
}

const isAlive = ({ state }) => !["offline", "silent"].includes(state);

/** Whether a process is worth a line: it lives, or it went silent a short while ago. */
function isPresent(it) {
  return isAlive(it) || (it.state === "silent" && now() - Date.parse(it.last_heartbeat) < GONE_MS);
}

function showGone(processes) {
  section("gone").hidden = !processes.length;
  write(section("gone").querySelector("summary"), say("gone", { count: processes.length }));
  const line = (it) => element("li", {}, it.bridge_id ?? it.worker_id, " ", badge(it.state), beat(it));
  fillList(section("gone").querySelector("ul"), processes.map(line));
}

function sourceCells(it) {
  const oldest = it.oldest_waiting_seconds === null ? "" : duration(it.oldest_waiting_seconds);
  const counts = [it.waiting, it.running, it.completed, it.failed].map((count) => numberCell(number(count)));
  const source = it.document_source;
  const action = it.paused ? "resume" : "pause";
  const change = button(say(action), say(`${action}.label`, { source }), { source, action });
  return [cell(source), ...counts, numberCell(oldest), numberCell(SOURCES.includes(source) ? change : "")];
}

function bridgeCells(it) {
  const heard = it.proven_at && say("heard", { ago: ago(it.proven_at) });
  return [cell(it.bridge_id, inZone(it.message)), wholeCell(badge(it.state), heard), numberCell(number(it.messages_sent))];
}

function workerCells(it) {
  const row = it.current_job_id;
  const says = row ? element("span", {}, `${say("worker.row")} `, rowLink(row, row.slice(0, 8))) : inZone(it.message);
  return [
    cell(it.worker_id, it.queues ? it.queues.join(", ") : say("allSources"), says),
    wholeCell(badge(it.state), beat(it)),
    wholeCell(it.account),
    numberCell(number(it.jobs_completed)),
    numberCell(number(it.jobs_failed)),
  ];
}

function accountCells(it) {
  const says = [
    it.leased_by && say("leasedBy", { holder: it.leased_by }),
    it.resting_until && say("restsUntil", { until: moment(it.resting_until) }),
    it.failure_count && say("failures.counted", { count: it.failure_count }),
  ];
  const told = says.filter(Boolean).join(", ");
  return [wholeCell(it.account), wholeCell(badge(it.condition)), cell(told, inZone(it.last_error))];
}

const beat = ({ last_heartbeat: at }) => at && ` ${say("beat", { ago: ago(at) })}`;

const ago = (at) => say("ago", { duration: duration((now() - Date.parse(at)) / 1000) });

async function change(source, action) {
  const title = say(`${action}.title`, { source });
  const text = say(`${action}.text`, { price: await price() });
  const answer = await ask({ title, text, yes: say(`${action}.yes`), needsReason: action === "pause" });
  if (!answer) return "";
  const state = await post(`/api/sources/${source}/${action}`, { by: "the dashboard", ...answer });
  return say(state.paused ? "pause.done" : "resume.done", { source });
}
