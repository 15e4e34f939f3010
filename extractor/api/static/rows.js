// The rows, the latest first; filtered, searched, and turned page by page.

import { get, Problem } from "./calls.js";
import { badge, cell, element, fillTable, numberCell, rowLink, time, write } from "./elements.js";
import { clock, counted, moment, number } from "./words.js";

const LIMIT = 25;
// A row's id may be a uuid, a whole number or a text, as the table has it; a batch's is always a uuid.
const ID = /^[A-Za-z0-9_.-]{1,100}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const table = document.querySelector("#rows table");
const say = document.getElementById("rows-say");
const filters = document.getElementById("filters");
const latest = document.getElementById("latest");
const older = document.getElementById("older");
// Where the shown page begins, null for the latest row; where the next one begins, null for no more rows.
let cursor = null;
let nextCursor = null;

/** Whether a text may be the id of a row. */
export const isId = (text) => ID.test(text);

/** Connect the filters and the page buttons; they call `look` to load other rows. */
export function start(look) {
  const turnTo = (page) => {
    cursor = page;
    look();
  };
  filters.addEventListener("change", () => turnTo(null));
  filters.addEventListener("submit", (event) => {
    event.preventDefault();
    turnTo(null);
  });
  latest.addEventListener("click", () => turnTo(null));
  older.addEventListener("click", () => turnTo(nextCursor));
}

/** Load the rows that fit the filters; throws Problem, except for one about the typed text. */
export async function load() {
  const { status, source, text, group } = Object.fromEntries(new FormData(filters));
  const typed = text.trim();
  const dossier = group.trim();
  const ofGroup = UUID.test(dossier) ? { batch_id: dossier } : { reference: dossier };
  const id = typedId(typed);
  const wanted = { status, document_source: source, number: typed, ...ofGroup, limit: LIMIT, cursor };
  const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
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
  write(say, problem ?? (extractions.length ? "" : "No such row."));
  fillTable(table, extractions, (row) => row.id, cells);
}

function cells(row) {
  const what = [row.document_source, row.acte_type].filter(Boolean).join(", ");
  return [
    cell(badge(row.status ?? "?")),
    cell(rowLink(row.id, row.document_number || "(no number)"), what),
    cell(row.reference),
    cell(row.circonscription_fonciere, row.cadastre, row.designation_secondaire),
    cell(...says(row)),
    numberCell(`${row.attemtps ?? 0}/${row.max_attempts ?? "?"}`),
    numberCell(when(row)),
  ];
}

function says(row) {
  if (row.status === "Complété") {
    const kilobytes = number(Math.ceil(row.document_bytes / 1024));
    const size = row.document_pages && `${counted(row.document_pages, "page")}, ${kilobytes} kB`;
    const doubt = row.identity === "unchecked" ? "identity unchecked" : "";
    return [openButton(row), size, row.document_warning, doubt, row.error_message];
  }
  return [row.error_message ?? (row.status === "En traitement" ? row.worker_id : ""), row.error_code, row.doubt];
}

function openButton(row) {
  const button = element("button", { type: "button", ariaLabel: `Open the PDF of ${row.document_number}` }, "PDF");
  button.dataset.document = row.id;
  return button;
}

/** The end, the start or the insertion: the time of day when it was today. */
function when(row) {
  const at = row.completed_at ?? row.processing_started_at ?? row.created_at;
  const isToday = moment(at).slice(0, 10) === moment(Date.now()).slice(0, 10);
  return time(at, isToday ? clock(at) : moment(at).slice(0, 16));
}
