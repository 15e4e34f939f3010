// Asks before something is changed, and does it.

import { Problem } from "./calls.js";
import { write } from "./elements.js";

const dialog = document.getElementById("ask");
const reason = document.getElementById("ask-why-input");

/** Ask; gives null for no, otherwise `{why}`, which has a text when `needsReason`. */
export function ask({ title, text, yes, needsReason = false }) {
  document.getElementById("ask-title").textContent = title;
  document.getElementById("ask-text").textContent = text;
  document.getElementById("ask-yes").textContent = yes;
  document.getElementById("ask-why").hidden = !needsReason;
  reason.required = needsReason;
  reason.value = dialog.returnValue = "";
  dialog.showModal();
  if (needsReason) reason.focus();
  return new Promise((resolve) => {
    const answer = () => resolve(dialog.returnValue === "yes" ? { why: reason.value } : null);
    dialog.addEventListener("close", answer, { once: true });
  });
}

/** Do something and write what it says, or why the API did not do it. */
export async function act(outcome, action) {
  try {
    write(outcome, (await action()) ?? "");
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    write(outcome, problem.message);
  }
}
