// Failures by their error code, with what a person may do to all rows of one.

import { act } from "./ask.js";
import { cancelMany, retryMany } from "./bulk.js";
import { get, now } from "./calls.js";
import { button, cell, element, fillTable, numberCell, time } from "./elements.js";
import { offerCodes } from "./filters.js";
import { number, say } from "./language.js";
import { inZone, moment } from "./words.js";

// Grouping all rows costs time.
const EVERY_MS = 15_000;

const table = document.querySelector("#failures table");
const outcome = document.getElementById("failures-outcome");
let failures = null;
let askedAt = 0;

/** Connect the buttons; they call `look` after a change. */
export function start(look) {
  table.addEventListener("click", async ({ target }) => {
    const { retry, cancel } = target.dataset;
    if (!retry && !cancel) return;
    await act(outcome, () => (retry ? retryMany({ error_code: retry }) : cancelMany({ error_code: cancel })));
    askedAt = 0;
    look();
  });
}

/** Ask for the groups, a few times per minute; throws Problem. */
export async function load() {
  if (failures === null || now() - askedAt > EVERY_MS) [failures, askedAt] = [await get("/api/failures"), now()];
  return failures;
}

/** Show the answer. */
export function show(failures) {
  table.hidden = !failures.length;
  document.getElementById("failures-none").hidden = failures.length > 0;
  offerCodes(failures.map((it) => it.error_code));
  fillTable(table, failures, (it) => it.error_code, cells);
}

function cells({ error_code: code, stopped, waiting, latest_at, latest_message }) {
  const link = element("a", { href: `?error_code=${encodeURIComponent(code)}` }, code);
  const retry = button(say("failures.retry"), say("failures.retryLabel", { code }), { retry: code });
  const cancel = button(say("failures.cancel"), say("failures.cancelLabel", { code }), { cancel: code });
  const buttons = element("span", { className: "buttons" }, stopped ? retry : "", waiting ? cancel : "");
  return [
    cell(link, inZone(latest_message), buttons),
    numberCell(number(stopped)),
    numberCell(number(waiting)),
    numberCell(time(latest_at, moment(latest_at).slice(0, 16))),
  ];
}
