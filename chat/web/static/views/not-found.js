// An address that leads nowhere.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { empty } from "../parts/states.js";

class NotFound extends HTMLElement {
  connectedCallback() {
    this.append(
      empty({
        symbol: "🫧",
        title: t("nowhere.title"),
        text: t("nowhere.text"),
        action: h("a", { class: "button", href: "/" }, t("nowhere.home")),
        level: "h1",
      }),
    );
  }
}

customElements.define("samtale-not-found", NotFound);
