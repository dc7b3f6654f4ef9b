// Logging in, and having forgotten how.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { field, form, passwordField } from "../parts/form.js";
import { empty } from "../parts/states.js";

const emailInput = () =>
  h("input", { type: "email", autocomplete: "username", required: true, maxlength: 254 });

class Login extends HTMLElement {
  connectedCallback() {
    this.append(
      h(
        "div",
        { class: "narrow" },
        h("h1", {}, t("login.title")),
        h("p", { class: "lead" }, t("login.text")),
        h(
          "div",
          { class: "card" },
          form({
            fields: [
              field({ name: "email", label: t("email"), control: emailInput() }),
              passwordField({
                name: "password",
                label: t("password"),
                autocomplete: "current-password",
              }),
            ],
            action: t("login.do"),
            beside: h("a", { class: "button plain", href: "/forgot" }, t("login.forgot")),
            submit: ({ email, password }) => session.logIn(email.trim(), password),
          }),
        ),
        h("p", {}, t("login.new"), " ", h("a", { href: "/signup" }, t("welcome.signup"))),
      ),
    );
  }
}

class Forgot extends HTMLElement {
  connectedCallback() {
    const card = h("div", { class: "card" });
    card.append(
      form({
        fields: field({ name: "email", label: t("email"), control: emailInput() }),
        action: t("forgot.do"),
        submit: async ({ email }) => {
          await session.client.call("password.forgot", { email: email.trim() });
          card.replaceChildren(
            empty({ symbol: "💌", title: t("forgot.done"), text: t("forgot.done.text") }),
          );
        },
      }),
    );
    this.append(
      h(
        "div",
        { class: "narrow" },
        h("h1", {}, t("forgot.title")),
        h("p", { class: "lead" }, t("forgot.text")),
        card,
      ),
    );
  }
}

customElements.define("samtale-login", Login);
customElements.define("samtale-forgot", Forgot);
