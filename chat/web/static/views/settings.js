// One's own account.

import { fill, h } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { fullTime, longAgo } from "../core/time.js";
import "../parts/blocked-list.js";
import "../parts/choice.js";
import { confirmDialog } from "../parts/confirm-dialog.js";
import { field, form, passwordField } from "../parts/form.js";
import "../parts/notice-settings.js";
import { note, problem, waiting, wordsOf } from "../parts/states.js";
import { say } from "../parts/toast.js";

class Settings extends HTMLElement {
  connectedCallback() {
    this.ready = this.#load();
  }

  async #load() {
    fill(this, waiting());
    try {
      const [municipalities, { sessions }] = await Promise.all([
        session.municipalities(),
        session.client.call("session.list"),
      ]);
      fill(
        this,
        h(
          "div",
          { class: "narrow settings" },
          h("h1", {}, t("settings.title")),
          h("p", { class: "lead" }, t("settings.text", { alias: session.account.alias })),
          this.#state(),
          part("settings.profile", this.#profile(municipalities)),
          part("settings.email", this.#email()),
          part("settings.password", this.#password()),
          part("settings.notices", h("samtale-notice-settings")),
          part("settings.sharing", this.#sharing()),
          part("settings.blocked", h("samtale-blocked-list")),
          part("settings.places", this.#places(sessions)),
        ),
      );
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#load()),
      );
    }
  }

  #state() {
    const { state } = session.account;
    return ["active", "suspended"].includes(state) ? null : note(t(`state.${state}`), "notice", "clock");
  }

  #profile(municipalities) {
    const { alias, municipality } = session.account;
    const choice = document.createElement("samtale-choice");
    choice.value = municipality;
    choice.items = municipalities.map(({ code, name }) => ({ value: code, name }));
    const spoken = h(
      "select",
      { name: "language" },
      ["da", "en"].map((one) =>
        h("option", { value: one, selected: one === language(), lang: one }, t(`language.${one}`)),
      ),
    );
    return saving({
      fields: [
        field({
          name: "alias",
          label: t("alias"),
          hint: t("alias.hint"),
          control: h("input", {
            value: alias,
            required: true,
            minlength: 2,
            maxlength: 40,
            autocomplete: "nickname",
          }),
        }),
        field({ name: "municipality", label: t("municipality"), control: choice }),
        field({ name: "language", label: t("language"), control: spoken }),
      ],
      check: () => (choice.value === null ? { municipality: t("municipality.unknown") } : {}),
      submit: async (values) => {
        const changes = {
          alias: values.alias.trim(),
          municipality: choice.value,
          language: values.language,
        };
        session.become(await session.client.call("account.update", changes));
      },
    });
  }

  #email() {
    return saving({
      fields: [
        h("p", {}, t("settings.email.now"), " ", h("strong", {}, session.account.email)),
        field({
          name: "email",
          label: t("settings.email.new"),
          control: h("input", {
            type: "email",
            required: true,
            autocomplete: "email",
            maxlength: 254,
          }),
        }),
        passwordField({ name: "password", label: t("password"), autocomplete: "current-password" }),
      ],
      saved: "settings.email.sent",
      submit: ({ email, password }) =>
        session.client.call("email.change", { email: email.trim(), password }),
    });
  }

  #password() {
    const fields = [
      passwordField({
        name: "current",
        label: t("password.now"),
        autocomplete: "current-password",
      }),
      passwordField({
        name: "new_password",
        label: t("password.new"),
        hint: t("password.hint"),
        autocomplete: "new-password",
      }),
    ];
    return saving({
      fields,
      saved: "settings.password.done",
      submit: async ({ current, new_password: password }) => {
        try {
          await session.client.call("password.change", { current, password });
        } catch (error) {
          throw error.field === "password"
            ? Object.assign(error, { field: "new_password" })
            : error;
        }
      },
    });
  }

  // What both see of each other; a switch counts at once, as switches do.
  #sharing() {
    return h(
      "div",
      { class: "form" },
      ["read_receipts", "presence"].map((name) => sharingSwitch(name)),
    );
  }

  #places(sessions) {
    return h(
      "div",
      { class: "form" },
      h(
        "ul",
        { class: "places" },
        sessions.map((one) => this.#place(one)),
      ),
      h(
        "div",
        { class: "row-of-buttons" },
        h(
          "button",
          {
            class: "button second",
            type: "button",
            onclick: (event) => this.#leave(event.target, false),
          },
          t("settings.logout"),
        ),
        h(
          "button",
          {
            class: "button alarm",
            type: "button",
            onclick: (event) => this.#leave(event.target, true),
          },
          t("settings.logout.all"),
        ),
      ),
    );
  }

  #place(one) {
    const end = async () => {
      await session.client.call("session.end_one", { session: one.id });
      await this.#load();
    };
    return h(
      "li",
      {},
      h(
        "div",
        {},
        h("strong", {}, one.device || t("settings.device")),
        h(
          "p",
          { class: "meta", title: fullTime(one.last_seen_at, language()) },
          one.current
            ? t("settings.here")
            : t("settings.seen", { when: longAgo(one.last_seen_at, Date.now(), language(), t) }),
        ),
      ),
      !one.current &&
        h(
          "button",
          {
            class: "button plain",
            type: "button",
            onclick: end,
            "aria-label": t("settings.end.one", { device: one.device || t("settings.device") }),
          },
          t("settings.end"),
        ),
    );
  }

  async #leave(button, everywhere) {
    if (
      everywhere &&
      !(await confirmDialog({
        title: t("settings.logout.all"),
        text: t("settings.logout.all.text"),
        action: t("settings.logout.all"),
      }))
    )
      return;
    try {
      await session.logOut({ everywhere });
    } catch (error) {
      button.closest(".form").before(problem(error));
    }
  }
}

const part = (name, ...content) =>
  h("section", { class: "card", "aria-labelledby": name }, h("h2", { id: name }, t(name)), content);

function sharingSwitch(name) {
  const control = h("input", {
    type: "checkbox",
    role: "switch",
    id: `switch-${name}`,
    checked: session.account[name],
    "aria-describedby": `switch-${name}-text`,
  });
  control.addEventListener("change", async () => {
    try {
      session.become(await session.client.call("account.update", { [name]: control.checked }));
      say(t("settings.saved"));
    } catch (error) {
      control.checked = session.account[name];
      say(wordsOf(error), "alarm");
    }
  });
  return h(
    "div",
    { class: "switch" },
    h("label", { for: control.id }, t(`settings.${name}`)),
    control,
    h("p", { class: "hint", id: `switch-${name}-text` }, t(`settings.${name}.text`)),
  );
}

/** A form that stays, and says that it has done its work. */
function saving({ saved = "settings.saved", submit, ...rest }) {
  const told = h("div", { role: "status" });
  const built = form({
    action: t("save"),
    ...rest,
    submit: async (values) => {
      fill(told);
      await submit(values);
      for (const secret of built.querySelectorAll("input[type=password]")) secret.value = "";
      fill(told, note(t(saved), "", "check"));
    },
  });
  built.append(told);
  return built;
}

customElements.define("samtale-settings", Settings);
