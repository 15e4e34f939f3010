// Calls of the API, with its key if it asks for one. Only sessionStorage holds the key, so it is gone with the tab.

import { language, say } from "./language.js";

const KEY = "registre-extractor.key";
const TIMEOUT_MS = 10_000;

let aheadMs = 0;

/** Why a call was not answered; the message is for the reader. `status` is 0 when no answer came. */
export class Problem extends Error {
  constructor(status, sentence, { code = "", fields = [], ...options } = {}) {
    super(sentence, options);
    Object.assign(this, { status, code, fields });
  }
}

/** Whether a key was given. */
export const hasKey = () => sessionStorage.getItem(KEY) !== null;

/** Use this key from now on. */
export const keepKey = (key) => sessionStorage.setItem(KEY, key);

/** Use none from now on. */
export const forgetKey = () => sessionStorage.removeItem(KEY);

/** Milliseconds since 1970 by the API's clock, to a second or two: this machine's own may be wrong. */
export const now = () => Date.now() + aheadMs;

/** Send a GET; throws Problem. */
export const get = (path) => call(path, { method: "GET" });

/** Send a POST; throws Problem. */
export const post = (path, body = {}, headers = {}) =>
  call(path, { method: "POST", body: JSON.stringify(body), headers });

/** Send a PATCH; throws Problem. */
export const patch = (path, body) => call(path, { method: "PATCH", body: JSON.stringify(body) });

/** Fetch a file, however long that takes; throws Problem. */
export const getFile = (path) => answer(path, { method: "GET" }, (response) => response.blob());

async function call(path, request) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return JSON.parse(await answer(path, { ...request, signal }, (response) => response.text()));
}

async function answer(path, request, read) {
  let response, body;
  try {
    response = await fetch(path, { ...request, cache: "no-store", headers: { ...headers(), ...request.headers } });
    body = await (response.ok ? read(response) : response.text());
  } catch (error) {
    throw new Problem(0, say("connection.noAnswer"), { cause: error });
  }
  const date = response.headers.get("date");
  if (date) aheadMs = Date.parse(date) - Date.now();
  if (response.ok) return body;
  if (response.headers.get("content-type") !== "application/problem+json") {
    throw new Problem(response.status, say("connection.status", { status: response.status }));
  }
  const problem = JSON.parse(body);
  throw new Problem(response.status, problem.detail, problem);
}

function headers() {
  const key = sessionStorage.getItem(KEY);
  // A header has bytes, which fetch takes as one character each.
  const bytes = key && String.fromCharCode(...new TextEncoder().encode(key));
  return { "Content-Type": "application/json", "Accept-Language": language, ...(bytes && { "X-API-Key": bytes }) };
}
