// The link of an invitation to a local branch: to be a volunteer, or a coordinator.

import { fill, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { problem, waiting } from "../parts/states.js";

class Invitation extends HTMLElement {
  connectedCallback() {
    this.ready = this.#accept();
  }

  async #accept() {
    fill(this, waiting());
    try {
      const token = this.route.fragment.get("token") ?? "";
      const { role, branch } = await session.client.call("branch.accept", { token });
      const page = role === "volunteer" ? "/talks/duty" : "/talks/coordinator";
      fill(
        this,
        h(
          "div",
          { class: "narrow" },
          h("h1", {}, t("invitation.welcome")),
          h("p", { class: "lead" }, t(`invitation.${role}`, { branch })),
          h("div", { class: "row-of-buttons" }, h("a", { class: "button", href: page }, t("next"))),
        ),
      );
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#accept()),
      );
    }
  }
}

customElements.define("samtale-invitation", Invitation);
