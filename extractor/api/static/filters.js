// The filters of the rows. They are in the page's address, so that a view can be kept, sent and gone back to.

import { getFile, hasKey } from "./calls.js";
import { act } from "./ask.js";
import { cancelMany, retryMany } from "./bulk.js";
import { element, fillList } from "./elements.js";
import { say } from "./language.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
// Longer than a browser needs to begin a download.
const KEPT_MS = 60_000;

const form = document.getElementById("filters");
const codes = form.elements.error_code;
const download = document.getElementById("download");
const outcome = document.getElementById("rows-outcome");
let latestUrl = null;

/** Connect the form, the address and the buttons; they call `look` to load other rows. */
export function start(look) {
  readAddress();
  const change = () => {
    writeAddress();
    turned(look);
  };
  form.addEventListener("change", change);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change();
  });
  addEventListener("popstate", () => turned(look, readAddress()));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="?"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", new URL(link.href).search || location.pathname);
    turned(look, readAddress());
    form.scrollIntoView({ block: "nearest" });
  });
  download.addEventListener("click", (event) => {
    if (!hasKey()) return; // the browser follows the link
    event.preventDefault();
    act(outcome, fetchArchive);
  });
  for (const [id, action] of [["group-retry", retryMany], ["group-cancel", cancelMany]]) {
    document.getElementById(id).addEventListener("click", async () => {
      await act(outcome, () => action(chosen()));
      look();
    });
  }
}

/** What is called when the reader asks for other rows: `rows.js` begins at the latest again. */
let turn = () => {};
export const onTurn = (begin) => (turn = begin);

/** The reader's filters as the API takes them; `find` is what was typed. */
export function wanted() {
  const { status, source, error_code, find, group } = fields();
  return present({ status: status === "all" ? "" : status, document_source: source, error_code, search: find, ...dossier(group) });
}

/** Offer these error codes, and the one that is chosen. */
export function offerCodes(names) {
  const value = codes.value;
  const offered = [...new Set([...names, value])].filter(Boolean).sort();
  const options = offered.map((name) => element("option", {}, name));
  fillList(codes, [element("option", { value: "" }, say("all")), ...options]);
  codes.value = value;
}

function turned(look) {
  turn();
  look();
}

const fields = () => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));

const present = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value));

const dossier = (group) => (UUID.test(group) ? { batch_id: group.toLowerCase() } : { reference: group });

/** The filters that a bulk action takes; the buttons are shown with a dossier only. */
function chosen() {
  const { source, error_code, group } = fields();
  return present({ document_source: source, error_code, ...dossier(group) });
}

function writeAddress() {
  const { status, ...others } = fields();
  const query = new URLSearchParams(present({ ...others, status: status === "all" ? "" : status })).toString();
  const address = `${location.pathname}${query ? `?${query}` : ""}${location.hash}`;
  // Enter in a field is a change and a submit: one step back must be one view back.
  if (new URL(address, location.href).href !== location.href) history.pushState(null, "", address);
  follow();
}

function readAddress() {
  const query = new URLSearchParams(location.search);
  offerCodes([query.get("error_code")]);
  for (const field of form.elements) {
    if (field.name) field.value = query.get(field.name) ?? (field.name === "status" ? "all" : "");
    // A value that the list does not have.
    if (field.tagName === "SELECT" && field.selectedIndex < 0) field.selectedIndex = 0;
  }
  follow();
}

function follow() {
  download.href = `/api/extractions/archive?${new URLSearchParams(wanted())}`;
  document.getElementById("group-actions").hidden = !fields().group;
  document.getElementById("reset").hidden = !location.search;
}

/** A link cannot show the key, so the page fetches the file and hands it to the browser. */
async function fetchArchive() {
  outcome.textContent = say("download.busy");
  const file = await getFile(download.getAttribute("href"));
  if (latestUrl) URL.revokeObjectURL(latestUrl);
  latestUrl = URL.createObjectURL(file);
  element("a", { href: latestUrl, download: "documents.zip" }).click();
  setTimeout((url) => URL.revokeObjectURL(url), KEPT_MS, latestUrl);
  return say("download.done");
}
