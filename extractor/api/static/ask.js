// Asks before something is changed.

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
