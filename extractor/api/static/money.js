// What was spent, and the last 30 days as charts and in figures.

import { get, now } from "./calls.js";
import { bars } from "./chart.js";
import { element, fillList, fillTable, numberCell, write } from "./elements.js";
import { number, say } from "./language.js";
import { lastDays } from "./prices.js";
import { amount } from "./words.js";

// The sums over all attempts cost time.
const SPENDING_MS = 60_000;

const part = (id) => document.getElementById(id);
let spending = null;
let spendingAt = 0;
let shown = null;

/** Ask for the sums, once per minute; throws Problem. */
export async function load() {
  if (spending === null || now() - spendingAt > SPENDING_MS) await ask();
  return { spending, last: await lastDays() };
}

/** Ask for the sums at the next look: a consultation was made. */
export function forget() {
  spendingAt = 0;
}

/** Show the answers. */
export function show({ spending, last }) {
  fillList(document.querySelector("#money dl"), costs(spending));
  if (last === shown) return;
  shown = last;
  const completed = sum(last.days, "completed");
  const failed = sum(last.days, "failed");
  const consultations = say("consultations", { count: sum(last.days, "consultations") });
  const spent = `${consultations}, ${amount(sum(last.days, "dollars"))}`;
  draw("chart-rows", say("days.rows"), say("days.rowsSummary", { completed, failed }), last.days.map(rowsOf));
  draw("chart-spent", say("days.spent"), spent, last.days.map(spentOf));
  const told = last.days.filter((it) => it.completed || it.failed || it.consultations).reverse();
  fillTable(part("figures"), told, (it) => it.day, figures);
}

async function ask() {
  [spending, spendingAt] = [await get("/api/spend"), now()];
  await lastDays(true);
}

function draw(id, title, summary, list) {
  const figure = part(id);
  const told = title + say("colon") + summary;
  write(figure.querySelector("figcaption"), told);
  figure.querySelector("svg")?.remove();
  figure.prepend(bars(told, list));
}

const sum = (days, name) => days.reduce((total, day) => total + Number(day[name]), 0);

const rowsOf = ({ day, completed, failed }) => ({
  tip: say("days.rowsTip", { day, completed, failed }),
  parts: [["good", completed], ["bad", failed]],
});

const spentOf = ({ day, consultations, dollars }) => ({
  tip: `${day}${say("colon")}${say("consultations", { count: consultations })}, ${amount(dollars)}`,
  parts: [["busy", consultations]],
});

function figures(it) {
  const counts = [it.completed, it.failed, it.consultations].map((count) => numberCell(number(count)));
  return [element("td", {}, it.day), ...counts, numberCell(amount(it.dollars))];
}

function costs({ total, twice_rows }) {
  const periods = [["spent.today", total.today], ["spent.month", total.this_month], ["spent.ever", total.ever]];
  const told = (cost) => `${say("consultations", { count: cost.consultations })}, ${amount(cost.dollars)}`;
  const lines = periods.map(([name, cost]) => [say(name), told(cost)]);
  if (twice_rows) lines.push([say("spent.twice"), say("rows.counted", { count: twice_rows })]);
  return lines.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]);
}
