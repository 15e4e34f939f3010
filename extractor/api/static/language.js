// The reader's language: every text of the page is in texts/, one file per language.

import en from "./texts/en.js";
import fr from "./texts/fr.js";

const KEPT = "registre-extractor.language";
const TEXTS = { en, fr };

const wanted = [localStorage.getItem(KEPT), ...navigator.languages.map((name) => name.slice(0, 2).toLowerCase())];

/** What the reader chose on this page, else the first language of the browser that there is, else English. */
export const language = wanted.find((name) => Object.hasOwn(TEXTS, name)) ?? "en";

const texts = TEXTS[language];
const plural = new Intl.PluralRules(language);

/** `12 345`, as both languages may write it. */
export const number = (count) => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, "\u00a0");

/** The text of a key, with a value for each `{name}`; `count` chooses between the forms for one and for several. */
export function say(key, values = {}) {
  const text = texts[key];
  const form = typeof text === "string" ? text : (text[plural.select(values.count)] ?? text.other);
  const shown = (value) => (typeof value === "number" ? number(value) : value);
  return form.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** The reader's word for a state, an outcome or a condition; the API's own word where none is known. */
export const word = (state) => texts[`state.${state}`] ?? state;

/** Write the texts of index.html, and connect the button that changes the language. */
export function start() {
  document.documentElement.lang = language;
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = say(place.dataset.say);
  for (const place of document.querySelectorAll("[data-name]")) place.ariaLabel = say(place.dataset.name);
  for (const place of document.querySelectorAll("[data-hint]")) place.placeholder = say(place.dataset.hint);
  const button = document.getElementById("language");
  const other = Object.keys(TEXTS).find((name) => name !== language);
  button.lang = other;
  button.addEventListener("click", () => {
    localStorage.setItem(KEPT, other);
    location.reload();
  });
}
