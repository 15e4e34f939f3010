// What the page looked like when an attempt failed, shown in place.

import { get, getFile } from "./calls.js";
import { write } from "./elements.js";
import { say } from "./language.js";

const part = (id) => document.getElementById(id);
const picture = part("evidence-picture");

/** Show the evidence of an attempt; throws Problem when there is none here. */
export async function showEvidence(job, attempt) {
  const path = `/api/extractions/${job}/attempts/${attempt}/evidence`;
  const page = await get(path);
  // An <img> cannot show the API's key, and the page's policy takes images from files only. A canvas needs neither.
  const image = page.has_screenshot ? await createImageBitmap(await getFile(`${path}/page.png`)) : null;
  write(part("evidence-title"), say("evidence.of", { id: String(attempt) }));
  picture.hidden = image === null;
  if (image) draw(image);
  write(part("evidence-text"), page.text || say("evidence.noPage"));
  write(part("evidence-html"), page.html);
  part("evidence-source").hidden = !page.html;
  part("evidence").hidden = false;
  part("evidence-title").focus();
}

/** Show none. */
export function hideEvidence() {
  part("evidence").hidden = true;
}

function draw(image) {
  Object.assign(picture, { width: image.width, height: image.height });
  picture.getContext("2d").drawImage(image, 0, 0);
  image.close();
}
