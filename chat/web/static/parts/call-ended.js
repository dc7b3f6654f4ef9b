// After the talk: a soft end, and what one can do next.

import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { openCrisisCard } from "./crisis-card.js";

class CallEnded extends HTMLElement {
  connectedCallback() {
    const { call, other, owner } = this;
    const button = (style, words, onclick) =>
      h("button", { class: `button ${style}`, type: "button", onclick }, words);
    this.append(
      h("span", { class: "bubble large", "aria-hidden": "true" }, "🌿"),
      h("h1", {}, t("call.ended")),
      h("p", {}, t(`call.ended.${call.known?.reason ?? "left"}`, { other })),
      h(
        "div",
        { class: "row-of-buttons" },
        button("", t("call.back"), () => owner.write()),
        button("second", t("call.again"), () => owner.again()),
      ),
      h(
        "button",
        { class: "button plain", type: "button", onclick: openCrisisCard },
        icon("care"),
        t("crisis.open"),
      ),
    );
  }

  /** Nothing changes any more. */
  refresh() {}
}

customElements.define("samtale-call-ended", CallEnded);
