// The rows that fit the filters, the latest first, turned page by page.

import { get, Problem } from "./calls.js";
import { badge, button, cell, fillTable, numberCell, rowLink, time, write } from "./elements.js";
import { onTurn, wanted } from "./filters.js";
import { number, say } from "./language.js";
import { clock, inZone, moment } from "./words.js";

const LIMIT = 25;
// A row's id may be a uuid, a whole number or a text, as the table has it.
const ID = /^[A-Za-z0-9_.-]{1,100}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const table = document.querySelector("#rows table");
const none = document.getElementById("rows-say");
const latest = document.getElementById("latest");
const older = document.getElementById("older");
// Where the shown page begins, null for the latest row; where the next one begins, null for no more rows.
let cursor = null;
let nextCursor = null;

/** Whether a text may be the id of a row. */
export const isId = (text) => ID.test(text);

/** Connect the page buttons; they call `look` to load other rows. */
export function start(look) {
  const turnTo = (page) => {
    cursor = page;
    look();
  };
  onTurn(() => (cursor = null));
  latest.addEventListener("click", () => turnTo(null));
  older.addEventListener("click", () => turnTo(nextCursor));
}

/** Load the rows that fit the filters; throws Problem, except for one about the typed text. */
export async function load() {
  const { search, ...others } = wanted();
  const id = typedId(search ?? "");
  const query = new URLSearchParams({ ...others, ...(search && { search }), limit: LIMIT, ...(cursor && { cursor }) });
  try {
    if (id) return { extractions: [await get(`/api/extractions/${encodeURIComponent(id)}`)], next_cursor: null };
    return await get(`/api/extractions?${query}`);
  } catch (problem) {
    if (!(problem instanceof Problem && [404, 422].includes(problem.status))) throw problem;
    return { extractions: [], next_cursor: null, problem: problem.message };
  }
}

/** The id that a person looks for: #42, or a uuid, which is no document's number. */
function typedId(text) {
  if (text.startsWith("#")) return text.slice(1);
  return UUID.test(text) ? text : "";
}

/** Show the answer. */
export function show({ extractions, next_cursor, problem }) {
  nextCursor = next_cursor;
  latest.hidden = cursor === null;
  older.hidden = nextCursor === null;
  write(none, problem ?? (extractions.length ? "" : say("rows.none")));
  fillTable(table, extractions, (row) => row.id, cells);
}

function cells(row) {
  const what = [row.document_source, row.acte_type].filter(Boolean).join(", ");
  return [
    cell(badge(row.status ?? "?")),
    cell(rowLink(row.id, row.document_number || say("rows.noNumber")), what),
    cell(row.reference),
    cell(row.circonscription_fonciere, row.cadastre, row.designation_secondaire),
    cell(...says(row)),
    numberCell(`${row.attemtps ?? 0}/${row.max_attempts ?? "?"}`),
    numberCell(when(row)),
  ];
}

function says(row) {
  const message = inZone(row.error_message);
  if (row.status === "Complété") {
    const kilobytes = number(Math.ceil(row.document_bytes / 1024));
    const size = row.document_pages && say("rows.pages", { count: row.document_pages, kilobytes });
    const doubt = row.identity === "unchecked" ? say("rows.unchecked") : "";
    const open = button("PDF", say("rows.open", { number: row.document_number }), { document: row.id });
    return [open, size, row.document_warning, doubt, message];
  }
  return [message ?? (row.status === "En traitement" ? row.worker_id : ""), row.error_code, row.doubt];
}

/** The end, the start or the insertion: the time of day when it was today. */
function when(row) {
  const at = row.completed_at ?? row.processing_started_at ?? row.created_at;
  const isToday = moment(at).slice(0, 10) === moment(Date.now()).slice(0, 10);
  return time(at, isToday ? clock(at) : moment(at).slice(0, 16));
}
