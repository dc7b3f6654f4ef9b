// A bubble's round mark: its symbol or picture on a tint of its own.

import { h } from "../core/dom.js";

/** `id` chooses the tint, always the same for the same bubble. */
export function bubbleMark({ id, symbol, picture = null }, size = "") {
  const tint =
    1 + (Array.from(id ?? symbol).reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6);
  const inside = picture
    ? h("img", {
        src: `/api/v1/pictures/${picture}?size=thumb`,
        alt: "",
        loading: "lazy",
        decoding: "async",
      })
    : symbol;
  return h("span", { class: `bubble ${size}`, "data-tint": tint, "aria-hidden": "true" }, inside);
}
