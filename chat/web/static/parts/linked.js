// A text whose addresses can be opened, in a tab that knows nothing of this one.

import { h } from "../core/dom.js";
import { partsOf } from "../core/links.js";

export function linked(text) {
  return partsOf(text).map(({ text: words, address }) =>
    address
      ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, words)
      : words,
  );
}
