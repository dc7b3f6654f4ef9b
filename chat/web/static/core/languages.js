// The names of the languages that volunteers speak, in the language of the page.

import { language } from "./i18n.js";

/** What is offered to choose from; a volunteer may speak others besides. */
export const SPOKEN = ["da", "en", "ar", "uk", "de", "fa", "pl", "so", "tr", "ur"];

/** In the middle of a sentence. */
export function spokenWithin(code) {
  return new Intl.DisplayNames([language()], { type: "language" }).of(code) ?? code;
}

/** By itself. */
export function spokenName(code) {
  const name = spokenWithin(code);
  return name[0].toUpperCase() + name.slice(1);
}

export function spokenNames(codes) {
  return codes.map(spokenName).join(", ");
}
