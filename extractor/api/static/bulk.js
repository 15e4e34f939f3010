// Many rows at once: sends those at Erreur again and cancels those that wait or run, after naming rows and price.

import { ask } from "./ask.js";
import { post } from "./calls.js";
import { number, say } from "./language.js";
import { amount } from "./words.js";

/** Say what would be done and may cost, ask, and do it; `which` are filters as the API takes them. */
export async function retryMany(which) {
  const plan = await post("/api/retries", { ...which, dry_run: true });
  const stays = ["limit", "unaskable"].filter((why) => plan[why === "limit" ? "at_limit" : why]);
  const staying = stays.map((why) => say(`retryMany.${why}`, { count: plan[why === "limit" ? "at_limit" : why] }));
  if (!plan.rows) return [say("retryMany.none", { what: named(which) }), ...staying].join(" ");
  const title = say("retryMany.title", { count: plan.rows });
  const text = [say("retryMany.text", { what: named(which), price: amount(plan.dollars) }), ...staying].join(" ");
  if (!(await ask({ title, text, yes: say("retry.yes") }))) return "";
  return say("retryMany.done", { count: (await post("/api/retries", which)).rows });
}

/** Ask, and cancel; `which` are filters as the API takes them. */
export async function cancelMany(which) {
  const text = say("cancelMany.text", { what: named(which) });
  if (!(await ask({ title: say("cancelMany.title"), text, yes: say("cancelMany.yes") }))) return "";
  const done = await post("/api/cancellations", { ...which, by: "the dashboard" });
  return say("cancelMany.done", { at_once: number(done.at_once), asked: done.asked, is_paid: done.is_paid });
}

const named = (which) => Object.entries(which).map(([name, value]) => say(`what.${name}`, { value })).join(", ");
