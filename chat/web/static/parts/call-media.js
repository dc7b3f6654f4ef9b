// The choice of video, voice or text: three buttons, always there, always the same.

import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

const MEDIA = { video: "camera", voice: "phone", text: "pen" };

/** A group of radio buttons; `choose(medium)` hears of a choice. `name` tells groups apart. */
export function mediumChoice({ label, name, chosen, choose }) {
  return h(
    "fieldset",
    { class: "call-media" },
    h("legend", {}, label),
    Object.entries(MEDIA).map(([medium, drawing]) =>
      h(
        "label",
        { class: "call-medium" },
        h("input", {
          type: "radio",
          name: `medium-${name}`,
          value: medium,
          checked: medium === chosen,
          onchange: () => choose(medium),
        }),
        h("span", {}, icon(drawing), t(`call.${medium}`)),
      ),
    ),
  );
}
