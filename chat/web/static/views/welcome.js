// For whoever is not logged in: what this is, and how to begin.

import { h, image } from "../core/dom.js";
import { t } from "../core/i18n.js";

const STEPS = ["one", "two", "three"];

class Welcome extends HTMLElement {
  connectedCallback() {
    this.append(
      h(
        "section",
        { class: "welcome" },
        h("img", {
          class: "welcome-picture",
          src: image("hero.svg"),
          alt: "",
          width: 480,
          height: 320,
        }),
        h(
          "div",
          { class: "welcome-words" },
          h("h1", {}, t("welcome.title")),
          h("p", { class: "lead" }, t("welcome.text")),
          h(
            "div",
            { class: "row-of-buttons" },
            h("a", { class: "button", href: "/signup" }, t("welcome.signup")),
            h("a", { class: "button second", href: "/login" }, t("welcome.login")),
          ),
          h("a", { href: "/talks" }, t("welcome.snak")),
        ),
      ),
      h(
        "section",
        { class: "welcome-steps", "aria-labelledby": "how" },
        h("h2", { id: "how" }, t("welcome.how")),
        h(
          "ol",
          {},
          STEPS.map((step) =>
            h(
              "li",
              { class: "card" },
              h("h3", {}, t(`welcome.${step}.title`)),
              h("p", {}, t(`welcome.${step}.text`)),
            ),
          ),
        ),
        h("p", { class: "meta" }, t("welcome.safe")),
      ),
    );
  }
}

customElements.define("samtale-welcome", Welcome);
