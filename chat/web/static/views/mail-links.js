// Where links from mails lead. The token stands in the fragment, which no server log ever sees, and
// leaves the address at once.

import { fill, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { form, passwordField } from "../parts/form.js";
import { empty, note, problem, waiting } from "../parts/states.js";

class MailLink extends HTMLElement {
  token = "";

  connectedCallback() {
    this.token = this.route.fragment.get("token") ?? "";
    history.replaceState(history.state, "", location.pathname);
    this.ready = this.show();
  }

  /** Shows the answer of `asked`, as `shown` makes it. */
  async answer(asked, shown) {
    fill(this, waiting());
    try {
      fill(this, h("div", { class: "narrow" }, h("div", { class: "card" }, shown(await asked()))));
    } catch (error) {
      fill(
        this,
        problem(error, () => this.answer(asked, shown)),
      );
    }
  }
}

const toLogin = () =>
  h(
    "a",
    { class: "button", href: session.account ? "/settings" : "/login" },
    t(session.account ? "next" : "login.title"),
  );

class Confirm extends MailLink {
  show() {
    return this.answer(
      () => session.client.call("account.confirm", { token: this.token }),
      () =>
        empty({
          symbol: "🎉",
          title: t("confirm.title"),
          text: t("confirm.text"),
          action: toLogin(),
          level: "h1",
        }),
    );
  }
}

class Consent extends MailLink {
  show() {
    return this.#do("consent.show");
  }

  #do(operation) {
    return this.answer(
      () => session.client.call(operation, { token: this.token }),
      (consent) => this.#asked(consent),
    );
  }

  #asked({ alias, state }) {
    const button = (operation, kind, words) =>
      h(
        "button",
        { class: `button ${kind}`, type: "button", onclick: () => this.#do(operation) },
        t(words),
      );
    return h(
      "div",
      { class: "form" },
      h("h1", {}, t(`consent.${state}.title`, { alias })),
      h("p", {}, t(`consent.${state}.text`, { alias })),
      state === "asked" &&
        h(
          "ul",
          { class: "points" },
          ["one", "two", "three"].map((point) => h("li", {}, t(`consent.point.${point}`))),
        ),
      h(
        "div",
        { class: "row-of-buttons" },
        state === "given"
          ? button("consent.withdraw", "alarm", "consent.withdraw")
          : button("consent.give", "", "consent.give"),
      ),
      h("p", { class: "meta" }, t("consent.keep")),
    );
  }
}

class Reset extends MailLink {
  show() {
    const built = form({
      fields: passwordField({
        name: "password",
        label: t("password.new"),
        hint: t("password.hint"),
        autocomplete: "new-password",
      }),
      action: t("reset.do"),
      submit: async ({ password }) => {
        await session.client.call("password.reset", { token: this.token, password });
        this.querySelector(".card").replaceChildren(
          empty({
            symbol: "🔑",
            title: t("reset.done"),
            text: t("reset.done.text"),
            action: toLogin(),
            level: "h1",
          }),
        );
      },
    });
    fill(
      this,
      h(
        "div",
        { class: "narrow" },
        h(
          "div",
          { class: "card form" },
          h("h1", {}, t("reset.title")),
          note(t("reset.text")),
          built,
        ),
      ),
    );
  }
}

customElements.define("samtale-confirm", Confirm);
customElements.define("samtale-consent", Consent);
customElements.define("samtale-reset", Reset);
