// One row: why it does not run, what happened to it, and what a person may do. The page's address ends with its id.

import { act, ask } from "./ask.js";
import { get, post, Problem } from "./calls.js";
import { badge, button, cell, element, fillList, fillTable, numberCell, time, wholeCell, write } from "./elements.js";
import { hideEvidence, showEvidence } from "./evidence.js";
import { say } from "./language.js";
import { price } from "./prices.js";
import { openRequest } from "./request.js";
import { isId } from "./rows.js";
import { duration, inZone } from "./words.js";

// Long enough to begin a download, but short: everybody who has the link can open a notary's document.
const LINK_SECONDS = 300;
const QUIET = [null, "", 0];

const part = (id) => document.getElementById(id);
const dialog = part("details");
let opened = null;
let shown = null;
// About the row that opens next.
let sentence = "";

/** Connect the links to rows and the buttons; they call `look` to load the page's facts again. */
export function start(look) {
  const follow = () => {
    const id = location.hash.slice(1);
    opened = isId(id) ? id : null;
    if (opened === null) dialog.close();
    write(part("details-outcome"), sentence);
    sentence = "";
    hideEvidence();
    look();
  };
  const on = (id, action) =>
    part(id).addEventListener("click", async () => {
      await act(part("details-outcome"), () => action(opened));
      look();
    });
  addEventListener("hashchange", follow);
  part("details-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    opened = null;
    history.replaceState(null, "", location.pathname + location.search);
  });
  on("retry", retry);
  on("cancel", cancel);
  on("correct", async () => (await openRequest(shown))?.sentence);
  part("add").addEventListener("click", () => act(part("rows-outcome"), addRow));
  document.addEventListener("click", ({ target }) => {
    const { document: id, attempt } = target.dataset;
    if (id) act(part(dialog.open ? "details-outcome" : "rows-outcome"), () => openDocument(id));
    if (attempt) act(part("details-outcome"), () => showEvidence(opened, attempt));
  });
  follow();
}

/** Ask for the row that is open, if any; throws Problem, but not for a row that is unknown. */
export async function load() {
  const id = opened;
  if (id === null) return null;
  try {
    const calls = ["", "/why", "/attempts"].map((fact) => get(`/api/extractions/${id}${fact}`));
    const [row, why, attempts] = await Promise.all(calls);
    return { id, row, why, attempts };
  } catch (problem) {
    if (!(problem instanceof Problem && problem.status === 404)) throw problem;
    return { id, row: { id }, why: { sentence: problem.message, command: null }, attempts: [] };
  }
}

/** Show the answer, unless the reader has closed the row since. */
export function show(answer) {
  if (answer === null || answer.id !== opened) return;
  const { row, why, attempts } = answer;
  shown = row;
  write(part("details-title"), `${row.document_source ?? say("row")} ${row.document_number ?? ""}`);
  write(part("why"), inZone(why.sentence));
  write(part("why-next"), inZone(why.next_step) ?? "");
  part("why-next").hidden = !why.next_step;
  write(part("why-command").firstElementChild, why.command ?? "");
  part("why-command").hidden = !why.command;
  part("open-document").dataset.document = row.id;
  part("open-document").hidden = row.status !== "Complété";
  part("retry").hidden = row.status !== "Erreur";
  part("correct").hidden = !["En attente", "Erreur"].includes(row.status);
  part("cancel").hidden = !["En attente", "En traitement"].includes(row.status) || row.cancel_requested_at !== null;
  fillTable(part("attempts"), attempts, (it) => it.id, attemptCells);
  fillList(part("columns"), columns(row));
  if (!dialog.open) dialog.showModal();
}

function attemptCells(it) {
  const error = [it.error_code, inZone(it.message)].filter(Boolean).join(say("colon"));
  const clicks = it.clicks.map((click) =>
    element("span", {}, `${say(`click.${click.kind}`)} `, time(click.clicked_at), say("colon") + came(click)),
  );
  const label = say("evidence.of", { id: String(it.id) });
  const evidence = it.evidence_path && button(say("evidence"), label, { attempt: it.id });
  return [
    cell(time(it.started_at)),
    cell(it.worker_id),
    wholeCell(it.account),
    numberCell(duration(it.seconds)),
    cell(badge(it.outcome ?? "in progress"), error, ...clicks, it.supabase_path, evidence),
  ];
}

/** What came of a click, as the API's `what_came` says it in English. */
function came({ free_at, why_free: why, document_saved_at, is_stored, is_in_progress }) {
  if (free_at) return say("click.free", { why });
  if (document_saved_at) return say(is_stored ? "click.stored" : "click.saved");
  return say(is_in_progress ? "click.inProgress" : "click.nothing");
}

function columns(row) {
  const told = Object.entries(row).filter(([, value]) => !QUIET.includes(value));
  return told.flatMap(([name, value]) => {
    const text = typeof value === "object" ? JSON.stringify(value) : inZone(String(value));
    const shown = /_(at|until)$/.test(name) ? time(value) : text;
    return [element("dt", {}, name), element("dd", {}, shown)];
  });
}

async function retry(id) {
  const plan = await get(`/api/extractions/${id}/retry-plan`);
  const text = plan.at_limit ? "retry.limit" : Number(plan.dollars) || plan.unaskable ? "retry.text" : "retry.free";
  const yes = say(plan.at_limit ? "retry.yesLimit" : "retry.yes");
  if (!(await ask({ title: say("retry.title"), text: say(text, { price: await price() }), yes }))) return "";
  const { status } = await post(`/api/extractions/${id}/retry${plan.at_limit ? "?allow_one_more=true" : ""}`);
  return say("retry.done", { status });
}

async function cancel(id) {
  const asked = { title: say("cancel.title"), text: say("cancel.text"), yes: say("cancel.yes") };
  return (await ask(asked)) && cancelled(await post(`/api/extractions/${id}/cancel`, { by: "the dashboard" }));
}

/** As `extractor cancel` words it. */
function cancelled({ at_once, is_paid, worker_id: worker, consultations: count }) {
  const before = count ? ` ${say("cancel.paidBefore", { count })}` : "";
  if (at_once) return say("cancel.done") + before;
  return say(is_paid ? "cancel.paid" : "cancel.asked", { worker });
}

async function addRow() {
  const added = await openRequest(null);
  if (!added) return;
  sentence = added.sentence;
  location.hash = added.id;
}

async function openDocument(id) {
  // Before the answer, during the click: browsers block a window that opens later.
  const view = open("", "_blank");
  try {
    const { url } = await get(`/api/extractions/${id}/document?expires_in=${LINK_SECONDS}`);
    if (view) view.opener = null;
    (view ?? window).location.replace(url);
  } catch (error) {
    view?.close();
    throw error;
  }
}
