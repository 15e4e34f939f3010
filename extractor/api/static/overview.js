// The whole system on one screen: `extractor status`, `extractor workers`, the accounts and the money.

import { ask } from "./ask.js";
import { get, now, post, Problem } from "./calls.js";
import { badge, cell, element, fillList, fillTable, numberCell, rowLink, wholeCell, write } from "./elements.js";
import { amount, counted, duration, moment, number } from "./words.js";

// The sums over all attempts cost time: the page asks for them after a consultation, else once per this time.
const SPENDING_MS = 60_000;
const SOURCES = ["acte", "index", "plan_cadastraux"];
const QUESTIONS = {
  pause: { yes: "Pause", text: "Its rows wait until it is resumed; running ones finish.", needsReason: true },
  resume: { yes: "Resume", text: "Its rows go again; each may cost a consultation." },
};

const section = (id) => document.getElementById(id);
const table = (id) => section(id).querySelector("table");
const outcome = section("sources-outcome");
let spending = null;
let spendingAt = 0;

/** Connect the buttons of the sources; they call `look` after a change. */
export function start(look) {
  table("sources").addEventListener("click", async ({ target }) => {
    const { source, action } = target.dataset;
    if (source) await change(source, action, look);
  });
}

/** Ask for everything; throws Problem. */
export async function load() {
  const calls = ["status", "workers", "accounts"].map((name) => get(`/api/${name}`));
  const [status, workers, accounts] = await Promise.all(calls);
  const today = spending?.total.today.consultations;
  if (today !== status.spent_today.consultations || now() - spendingAt > SPENDING_MS) {
    [spending, spendingAt] = [await get("/api/spend"), now()];
  }
  return { status, workers, accounts, spending };
}

/** Show the answers. */
export function show({ status, workers, accounts, spending }) {
  const isPresent = ({ state }) => state !== "offline";
  const bridges = status.bridges.filter(isPresent);
  fillList(section("hindrances").firstElementChild, hindrances(status, bridges, workers.filter(isPresent), accounts));
  fillTable(table("sources"), status.sources, (it) => it.document_source, sourceCells);
  fillTable(table("bridges"), bridges, (it) => it.bridge_id, bridgeCells);
  fillTable(table("workers"), workers.filter(isPresent), (it) => it.worker_id, workerCells);
  fillTable(table("accounts"), accounts, (it) => it.id, accountCells);
  fillList(section("money").querySelector("dl"), costs(spending));
}

function hindrances({ sources }, bridges, workers, accounts) {
  const lines = sources.flatMap(hindrancesOf);
  if (!bridges.length) lines.push(["bridge", "none is running", "celery -A tasks bridge"]);
  if (!workers.length) lines.push(["workers", "none is running", "celery -A tasks worker -Q acte,index"]);
  if (!accounts.length) lines.push(["accounts", "none", "extractor accounts add USERNAME"]);
  else if (!accounts.some(isAble)) lines.push(["accounts", "none can be used", "extractor accounts list"]);
  if (!lines.length) return [element("li", { className: "calm" }, "Nothing is paused or broken.")];
  return lines.map(([name, text, command]) => {
    const helps = command ? [": ", element("code", {}, command)] : [];
    return element("li", { className: name }, element("b", {}, name), ` ${text}`, ...helps);
  });
}

function hindrancesOf(it) {
  const lines = [];
  const since = it.since ? ` since ${moment(it.since)}` : "";
  const by = ` by ${it.paused_by ?? "an unknown person"}`;
  if (it.paused) lines.push(["paused", `${it.document_source}${since}${by}: ${it.reason ?? "no reason"}`]);
  if (it.broken_until) lines.push(["broken", `${it.document_source} until ${moment(it.broken_until)}: ${it.broken_reason}`]);
  else if (it.is_probed) lines.push(["probed", `${it.document_source}, one row at a time, after: ${it.broken_reason}`]);
  return lines;
}

function sourceCells(it) {
  const oldest = it.oldest_waiting_seconds === null ? "" : duration(it.oldest_waiting_seconds);
  const counts = [it.waiting, it.running, it.completed, it.failed].map((count) => numberCell(number(count)));
  const action = it.paused ? "resume" : "pause";
  const button = element("button", { type: "button", ariaLabel: `${action} ${it.document_source}` }, action);
  Object.assign(button.dataset, { source: it.document_source, action });
  return [cell(it.document_source), ...counts, numberCell(oldest), numberCell(SOURCES.includes(it.document_source) ? button : "")];
}

function bridgeCells(it) {
  const heard = it.proven_at && `heard ${ago(it.proven_at)}`;
  return [cell(it.bridge_id, it.message), wholeCell(badge(it.state), heard), numberCell(number(it.messages_sent))];
}

function workerCells(it) {
  const row = it.current_job_id;
  const says = row ? element("span", {}, "row ", rowLink(row, row.slice(0, 8))) : it.message;
  return [
    cell(it.worker_id, it.queues ? it.queues.join(", ") : "all sources", says),
    wholeCell(badge(it.state), it.last_heartbeat && `beat ${ago(it.last_heartbeat)}`),
    wholeCell(it.account),
    numberCell(number(it.jobs_completed)),
    numberCell(number(it.jobs_failed)),
  ];
}

function accountCells(it) {
  const says = [
    it.leased_by && `leased by ${it.leased_by}`,
    it.resting_until && `rests until ${moment(it.resting_until)}`,
    it.failure_count && counted(it.failure_count, "failure"),
  ];
  return [wholeCell(it.account), wholeCell(badge(it.condition)), cell(says.filter(Boolean).join(", "), it.last_error)];
}

function costs({ total, twice_rows }) {
  const periods = [["today", total.today], ["this month", total.this_month], ["ever", total.ever]];
  const told = (cost) => `${counted(cost.consultations, "consultation")}, ${amount(cost.dollars)}`;
  const lines = periods.map(([name, cost]) => [name, told(cost)]);
  if (twice_rows) lines.push(["perhaps paid twice", counted(twice_rows, "row")]);
  return lines.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]);
}

const isAble = ({ condition }) => ["usable", "leased"].includes(condition);

const ago = (at) => `${duration((now() - Date.parse(at)) / 1000)} ago`;

async function change(source, action, look) {
  const answer = await ask({ ...QUESTIONS[action], title: `${QUESTIONS[action].yes} ${source}?` });
  if (!answer) return;
  try {
    const state = await post(`/api/sources/${source}/${action}`, { by: "the dashboard", ...answer });
    write(outcome, `${source} is ${state.paused ? "paused" : "resumed"}.`);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    write(outcome, problem.message);
  }
  look();
}
