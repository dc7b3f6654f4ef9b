// Signing up, one question at a time. What has been answered is kept while one goes back and forth.

import { h } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { ageOn, dateFrom } from "../core/time.js";
import "../parts/choice.js";
import { field, form, group, passwordField, showError } from "../parts/form.js";
import { note } from "../parts/states.js";

const STEPS = ["alias", "born", "municipality", "login"];
const STEP_OF_FIELD = {
  alias: "alias",
  born: "born",
  parent_email: "born",
  municipality: "municipality",
};

let answers = {};
let refused = null; // an error of a step that has been left behind

class Signup extends HTMLElement {
  connectedCallback() {
    const asked = this.route.query.get("step") ?? STEPS[0];
    const reached = STEPS.findIndex((step) => !answered(step));
    const at = Math.min(
      Math.max(0, STEPS.indexOf(asked)),
      reached < 0 ? STEPS.length - 1 : reached,
    );
    const step = STEPS[at];
    const built = this[`${step}Step`]();
    this.append(
      h(
        "div",
        { class: "narrow" },
        h("p", { class: "meta" }, t("signup.step", { step: at + 1, steps: STEPS.length })),
        h("progress", {
          class: "progress",
          max: STEPS.length,
          value: at + 1,
          "aria-label": t("signup.progress"),
        }),
        h("h1", {}, t(`signup.${step}.title`)),
        h("p", { class: "lead" }, t(`signup.${step}.text`)),
        h("div", { class: "card" }, built),
        at === 0 &&
          h("p", {}, t("signup.known"), " ", h("a", { href: "/login" }, t("login.title"))),
      ),
    );
    if (refused) showError(built, refused);
    refused = null;
  }

  aliasStep() {
    const control = h("input", {
      autocomplete: "nickname",
      required: true,
      minlength: 2,
      maxlength: 40,
      value: answers.alias ?? "",
    });
    return form({
      fields: field({ name: "alias", label: t("alias"), hint: t("alias.hint"), control }),
      action: t("next"),
      check: ({ alias }) => (alias.trim().length === 1 ? { alias: t("alias.short") } : {}),
      submit: ({ alias }) => this.#next("alias", { alias: alias.trim() }),
    });
  }

  bornStep() {
    const [year, month, day] = answers.born?.split("-").map(Number) ?? ["", "", ""];
    const part = (name, value, complete, length) => {
      const id = `born-${name}`;
      const input = h("input", {
        id,
        name,
        value,
        inputmode: "numeric",
        autocomplete: complete,
        maxlength: length,
        required: true,
      });
      return h("div", {}, h("label", { for: id }, t(`born.${name}`)), input);
    };
    const parts = h(
      "div",
      { class: "three" },
      part("day", day, "bday-day", 2),
      part("month", month, "bday-month", 2),
      part("year", year, "bday-year", 4),
    );
    const parent = field({
      name: "parent_email",
      label: t("parent_email"),
      hint: t("parent_email.hint"),
      control: h("input", {
        type: "email",
        autocomplete: "off",
        value: answers.parent_email ?? "",
      }),
    });
    const told = h("div", { "aria-live": "polite" });
    const built = form({
      fields: [
        group({ name: "born", legend: t("born"), hint: t("born.hint"), controls: parts }),
        told,
        parent,
      ],
      action: t("next"),
      check: checkBorn,
      submit: (values) => {
        const born = bornOf(values);
        const parent_email = needsParent(born) ? values.parent_email.trim() : undefined;
        return this.#next("born", { born, parent_email });
      },
    });
    const adapt = () => {
      const born = bornOf(Object.fromEntries(new FormData(built)));
      parent.hidden = !needsParent(born);
      parent.querySelector("input").required = !parent.hidden;
      told.replaceChildren(...(isTooYoung(born) ? [note(t("born.too_young"), "notice")] : []));
    };
    parts.addEventListener("input", adapt);
    adapt();
    return built;
  }

  municipalityStep() {
    const choice = document.createElement("samtale-choice");
    choice.input.required = true;
    choice.value = answers.municipality ?? null;
    const built = form({
      fields: field({
        name: "municipality",
        label: t("municipality"),
        hint: t("municipality.hint"),
        control: choice,
      }),
      action: t("next"),
      check: () =>
        choice.input.value.trim() && choice.value === null
          ? { municipality: t("municipality.unknown") }
          : {},
      submit: () => this.#next("municipality", { municipality: choice.value }),
    });
    session.municipalities().then(
      (all) => (choice.items = all.map(({ code, name }) => ({ value: code, name }))),
      (error) => showError(built, error),
    );
    return built;
  }

  loginStep() {
    const email = h("input", {
      type: "email",
      autocomplete: "email",
      required: true,
      maxlength: 254,
      value: answers.email ?? "",
    });
    return form({
      fields: [
        field({ name: "email", label: t("email"), hint: t("email.hint"), control: email }),
        passwordField({
          name: "password",
          label: t("password"),
          hint: t("password.hint"),
          autocomplete: "new-password",
        }),
      ],
      action: t("signup.do"),
      submit: (values) => this.#register(values),
    });
  }

  #next(step, given) {
    answers = { ...answers, ...given };
    go(`/signup?step=${STEPS[STEPS.indexOf(step) + 1]}`);
  }

  async #register({ email, password }) {
    answers = { ...answers, email: email.trim() };
    try {
      await session.client.call("account.register", { ...answers, password, language: language() });
    } catch (error) {
      const step = error.code === "too_young" ? "born" : STEP_OF_FIELD[error.field];
      if (!step) throw error;
      refused = error;
      go(`/signup?step=${step}`);
      return;
    }
    const parent = answers.parent_email ? "&parent=yes" : "";
    const to = encodeURIComponent(answers.email);
    answers = {};
    go(`/signup/mail?to=${to}${parent}`, { replace: true });
  }
}

const answered = (step) => answers[step] !== undefined;
const bornOf = ({ day, month, year }) => dateFrom(day, month, year);
const ageOf = (born) => (born ? ageOn(born, Date.now()) : null);
const isTooYoung = (born) => born !== null && ageOf(born) < 13;
const needsParent = (born) => born !== null && ageOf(born) >= 13 && ageOf(born) < 15;

function checkBorn(values) {
  const born = bornOf(values);
  if (values.day && values.month && values.year && (!born || ageOf(born) < 0))
    return { born: t("born.none") };
  return isTooYoung(born) ? { born: t("born.too_young") } : {};
}

class CheckMail extends HTMLElement {
  connectedCallback() {
    const demo = document.querySelector("meta[name=samtale-demo]").content === "yes";
    const parent = this.route.query.get("parent") === "yes";
    this.append(
      h(
        "div",
        { class: "narrow" },
        h(
          "div",
          { class: "card empty" },
          h("span", { class: "bubble large", "aria-hidden": "true", "data-tint": "4" }, "💌"),
          h("h1", {}, t("mail.title")),
          h("p", {}, t("mail.text", { to: this.route.query.get("to") ?? "" })),
          parent && h("p", {}, t("mail.parent")),
          h("p", { class: "meta" }, t("mail.late")),
          demo && h("p", {}, h("a", { href: "/demo/mailbox", target: "_blank" }, t("mail.demo"))),
        ),
      ),
    );
  }
}

customElements.define("samtale-signup", Signup);
customElements.define("samtale-check-mail", CheckMail);
