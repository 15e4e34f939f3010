// The form that adds a row or corrects one, with suggestions of places.

import { get, patch, post, Problem } from "./calls.js";
import { element, fillList, write } from "./elements.js";
import { say } from "./language.js";
import { price } from "./prices.js";

const part = (id) => document.getElementById(id);
const dialog = part("request");
const form = part("request-form");
const fields = form.elements;
// What a source does not ask for.
const UNUSED = { acte: ["cadastre", "designation_secondaire"], index: ["acte_type"], plan_cadastraux: ["acte_type"] };
const REQUIRED = { acte: ["acte_type"], index: ["cadastre"], plan_cadastraux: ["cadastre"] };

// The id of the row that is corrected; the key of the row that is added, so that a repeated click adds no second one.
let corrected = null;
let key = null;
let finish = () => {};

/** Connect the form. */
export function start() {
  fields.document_source.addEventListener("change", follow);
  fields.circonscription_fonciere.addEventListener("change", suggestCadastres);
  part("request-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => finish(null));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await send();
  });
}

/** Let the reader add a row, or correct this one; gives null, or the row's `id` and a `sentence` about what was done. */
export async function openRequest(row) {
  corrected = row?.id ?? null;
  key = newKey();
  form.reset();
  for (const field of inputs()) field.value = row?.[field.name] ?? field.value;
  fields.reference.disabled = row !== null;
  part("request-reference").hidden = row !== null;
  write(part("request-title"), say(row ? "request.correct" : "request.add"));
  write(part("request-yes"), say(row ? "request.correctYes" : "request.addYes"));
  write(part("request-price"), say("request.price", { price: await price() }));
  complain();
  follow();
  dialog.showModal();
  suggestCirconscriptions();
  suggestCadastres();
  return new Promise((resolve) => (finish = resolve));
}

async function send() {
  complain();
  part("request-yes").disabled = true;
  try {
    const done = corrected ? await correct() : await add();
    finish(done);
    dialog.close();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    complain(problem);
  } finally {
    part("request-yes").disabled = false;
  }
}

async function add() {
  const given = Object.entries(asked()).filter(([, value]) => value);
  const row = await post("/api/extractions", Object.fromEntries(given), { "Idempotency-Key": key });
  const count = row.same_as.length;
  return { id: row.id, sentence: say("request.added") + (count ? ` ${say("request.same", { count })}` : "") };
}

async function correct() {
  const row = await patch(`/api/extractions/${corrected}`, asked());
  return { id: row.id, sentence: say("request.corrected") };
}

const inputs = () => [...fields].filter((field) => field.name);

/** The columns; null where the source does not ask for one, or it is empty. */
function asked() {
  const used = inputs().filter((field) => field.name !== "reference" || !field.disabled);
  return Object.fromEntries(used.map((field) => [field.name, (!field.disabled && field.value.trim()) || null]));
}

function complain(problem) {
  write(part("request-problem"), problem?.message ?? "");
  for (const field of inputs()) field.ariaInvalid = problem?.fields.includes(field.name) ? "true" : null;
  inputs().find((field) => field.ariaInvalid)?.focus();
  // The same key with another body would be refused; after a refusal no row was made.
  if (problem?.status) key = newKey();
}

function follow() {
  const source = fields.document_source.value;
  for (const field of inputs()) {
    if (field.name === "reference") continue;
    const isUnused = UNUSED[source].includes(field.name);
    field.disabled = isUnused;
    field.closest("label").hidden = isUnused;
    field.required = ["document_source", "document_number", ...REQUIRED[source]].includes(field.name);
  }
}

async function suggestCirconscriptions() {
  const list = part("circonscriptions");
  if (!list.children.length) fillList(list, options((await places("")).circonscriptions));
}

async function suggestCadastres() {
  const name = fields.circonscription_fonciere.value.trim();
  const known = name ? (await places(`?circonscription=${encodeURIComponent(name)}`)).cadastres : [];
  fillList(part("cadastres"), options(known.map((cadastre) => cadastre.name)));
}

/** Suggestions are a help: a name that is not known here suggests nothing. */
async function places(query) {
  try {
    return await get(`/api/places${query}`);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return { circonscriptions: [], cadastres: [] };
  }
}

const options = (names) => names.map((value) => element("option", { value }));

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("-");
