// Builds the elements of the page. Texts become text nodes, so the browser reads nothing in a row as markup.

import { word } from "./language.js";
import { moment, tone } from "./words.js";

/** An element with these properties and children; a child that is null or empty is left out. */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** A cell of lines, the first one in the foreground. */
export function cell(first, ...others) {
  const lines = others.filter((line) => line).map((line) => element("small", {}, line));
  return element("td", {}, first ?? "", ...lines);
}

/** A cell whose lines stay whole. */
export const wholeCell = (...lines) => Object.assign(cell(...lines), { className: "whole" });

/** A cell of a number. */
export const numberCell = (text) => element("td", { className: "number" }, text);

/** A state or status, with its colour. */
export const badge = (state) => element("span", { className: `badge ${tone(state)}` }, word(state));

/** A button with a label for those who do not see where it stands, and what it is about in its `data-`. */
export function button(text, ariaLabel, data) {
  const made = element("button", { type: "button", ariaLabel }, text);
  Object.assign(made.dataset, data);
  return made;
}

/** A link that opens a row's details. */
export const rowLink = (id, text) => element("a", { href: `#${id}` }, text);

/** A moment, or nothing. */
export const time = (at, text = at && moment(at)) => at && element("time", { dateTime: at, title: moment(at) }, text);

/** Make a table's body show these records; only cells that differ are replaced, so that focus and selection stay. */
export function fillTable(table, records, keyOf, cellsOf) {
  const body = table.tBodies[0];
  const labels = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const present = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const rows = records.map((record) => {
    const row = present.get(String(keyOf(record))) ?? element("tr", {});
    row.dataset.key = keyOf(record);
    return fillRow(row, cellsOf(record), labels);
  });
  present.forEach((row) => rows.includes(row) || row.remove());
  rows.forEach((row, index) => body.rows[index] === row || body.insertBefore(row, body.rows[index] ?? null));
}

/** Make a list (of li, or of dt and dd) hold these items, unless it does. */
export function fillList(list, items) {
  const shown = [...list.children];
  const isSame = shown.length === items.length && items.every((item, at) => item.isEqualNode(shown[at]));
  if (!isSame) list.replaceChildren(...items);
}

/** Set a text, unless it is there already, so that a screen reader announces it once. */
export function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function fillRow(row, cells, labels) {
  cells.forEach((cell, at) => {
    if (labels[at]) cell.dataset.label = labels[at];
    if (!row.cells[at]) row.append(cell);
    else if (!row.cells[at].isEqualNode(cell)) row.cells[at].replaceWith(cell);
  });
  return row;
}
