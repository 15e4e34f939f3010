// Calls of the API, with its key if it asks for one. Only sessionStorage holds the key, so it is gone with the tab.

const KEY = "registre-extractor.key";
const TIMEOUT_MS = 10_000;

let aheadMs = 0;

/** Why a call was not answered; the message is for the reader. `status` is 0 when no answer came. */
export class Problem extends Error {
  constructor(status, sentence, options) {
    super(sentence, options);
    this.status = status;
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
export const get = (path) => call(path, "GET");

/** Send a POST; throws Problem. */
export const post = (path, body = {}) => call(path, "POST", JSON.stringify(body));

async function call(path, method, body) {
  const { response, text } = await answer(path, { method, body, headers: headers() });
  const date = response.headers.get("date");
  if (date) aheadMs = Date.parse(date) - Date.now();
  if (response.ok) return JSON.parse(text);
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  throw new Problem(response.status, isProblem ? JSON.parse(text).detail : `The API answers ${response.status}.`);
}

async function answer(path, request) {
  try {
    const response = await fetch(path, { ...request, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { response, text: await response.text() };
  } catch (error) {
    throw new Problem(0, "The API does not answer.", { cause: error });
  }
}

function headers() {
  const key = sessionStorage.getItem(KEY);
  // A header has bytes, which fetch takes as one character each.
  const bytes = key && String.fromCharCode(...new TextEncoder().encode(key));
  return { "Content-Type": "application/json", ...(bytes && { "X-API-Key": bytes }) };
}
