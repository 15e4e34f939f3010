// The last 30 days with the price of one consultation, asked for once per minute: every dialog names the price.

import { get, now } from "./calls.js";
import { amount } from "./words.js";

// The sums over many rows cost time.
const EVERY_MS = 60_000;

let answer = null;
let askedAt = 0;

/** The answer of `GET /api/days`, at most a minute old unless `isStale`; throws Problem. */
export async function lastDays(isStale = false) {
  if (answer === null || isStale || now() - askedAt > EVERY_MS) [answer, askedAt] = [await get("/api/days"), now()];
  return answer;
}

/** `1,50 $`: what one more row may cost. */
export const price = async () => amount((await lastDays()).dollars_per_consultation);
