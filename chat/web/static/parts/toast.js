// A short word about what was done, or was not; gone by itself.

import { fill, h } from "../core/dom.js";

const SHOWN_MS = 5_000;
const place = h("div", { class: "toast", role: "status" });
let ending = 0;

/** Says it; another one takes its place. `tone` is alarm when something did not work. */
export function say(words, tone = "") {
  if (!place.isConnected) document.body.append(place);
  fill(place, h("p", { class: tone }, words));
  clearTimeout(ending);
  ending = setTimeout(() => fill(place), SHOWN_MS);
}
