// One row: why it does not run, what happened to it, and what a person may do. The page's address ends with its id.

import { ask } from "./ask.js";
import { get, post, Problem } from "./calls.js";
import { badge, cell, element, fillList, fillTable, numberCell, time, wholeCell, write } from "./elements.js";
import { isId } from "./rows.js";
import { counted, duration } from "./words.js";

// Long enough to begin a download, but short: everybody who has the link can open a notary's document.
const LINK_SECONDS = 300;
const QUIET = [null, "", 0];

const part = (id) => document.getElementById(id);
const dialog = part("details");
let opened = null;

/** Connect the links to rows and the buttons; they call `look` to load the page's facts again. */
export function start(look) {
  const follow = () => {
    const id = location.hash.slice(1);
    opened = isId(id) ? id : null;
    if (opened === null) dialog.close();
    write(part("details-outcome"), "");
    look();
  };
  addEventListener("hashchange", follow);
  part("details-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    opened = null;
    history.replaceState(null, "", location.pathname);
  });
  part("retry").addEventListener("click", () => act(retry, opened, look));
  part("cancel").addEventListener("click", () => act(cancel, opened, look));
  document.addEventListener("click", ({ target }) => {
    if (target.dataset.document) act(openDocument, target.dataset.document, look);
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
  write(part("details-title"), `${row.document_source ?? "row"} ${row.document_number ?? ""}`);
  write(part("why"), why.sentence);
  write(part("why-command").firstElementChild, why.command ?? "");
  part("why-command").hidden = !why.command;
  part("open-document").dataset.document = row.id;
  part("open-document").hidden = row.status !== "Complété";
  part("retry").hidden = row.status !== "Erreur";
  part("cancel").hidden = !["En attente", "En traitement"].includes(row.status) || row.cancel_requested_at !== null;
  fillTable(part("attempts"), attempts, (it) => it.id, attemptCells);
  fillList(part("columns"), columns(row));
  if (!dialog.open) dialog.showModal();
}

function attemptCells(it) {
  const error = [it.error_code, it.message].filter(Boolean).join(": ");
  const clicks = it.clicks.map((click) =>
    element("span", {}, `${click.kind} `, time(click.clicked_at), `: ${click.what_came}`),
  );
  return [
    cell(time(it.started_at)),
    cell(it.worker_id),
    wholeCell(it.account),
    numberCell(duration(it.seconds)),
    cell(badge(it.outcome ?? "in work"), error, ...clicks, it.supabase_path, it.evidence_path && `evidence: ${it.evidence_path}`),
  ];
}

function columns(row) {
  const told = Object.entries(row).filter(([, value]) => !QUIET.includes(value));
  return told.flatMap(([name, value]) => {
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    const shown = /_(at|until)$/.test(name) ? time(value) : text;
    return [element("dt", {}, name), element("dd", {}, shown)];
  });
}

async function act(action, id, look) {
  const outcome = part(dialog.open ? "details-outcome" : "rows-outcome");
  try {
    write(outcome, (await action(id)) ?? "");
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    write(outcome, problem.message);
  }
  look();
}

async function retry(id) {
  const text = "It waits for its turn with all its attempts, and may cost another consultation.";
  const answer = await ask({ title: "Send this row again?", text, yes: "Send again" });
  return answer && `The row is ${(await post(`/api/extractions/${id}/retry`)).status}.`;
}

async function cancel(id) {
  const text = "It stops at once while it waits, and before its consultation while it runs.";
  const answer = await ask({ title: "Cancel this row?", text, yes: "Cancel the row" });
  return answer && cancelled(await post(`/api/extractions/${id}/cancel`, { by: "the dashboard" }));
}

/** As `extractor cancel` words it. */
function cancelled({ at_once, is_paid, worker_id, consultations }) {
  const before = consultations ? ` It was consulted ${counted(consultations, "time")} before.` : "";
  if (at_once) return `Cancelled: the row is at Erreur.${before}`;
  if (is_paid) return `${worker_id} has made the consultation: the document is paid, and will be stored.`;
  return `${worker_id} runs it and will stop before the consultation, unless it makes it this moment.`;
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
