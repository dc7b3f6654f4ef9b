// What one is told of, on which channels, and when not.

import { fill, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { canPush, turnOff, turnOn } from "../core/push.js";
import { session } from "../core/session.js";
import { field, form } from "./form.js";
import { note, wordsOf } from "./states.js";
import { say } from "./toast.js";

const FOR_HELPERS = ["offer", "alert"];

export class NoticeSettings extends HTMLElement {
  #settings = null;

  connectedCallback() {
    this.classList.add("form");
    this.#load();
  }

  async #load() {
    try {
      this.#show(await session.client.call("notice_settings.get"));
    } catch (error) {
      fill(this, note(wordsOf(error), "alarm"));
    }
  }

  #show(settings) {
    this.#settings = settings;
    const kinds = [...new Set(settings.choices.map(({ kind }) => kind))];
    const helpers = kinds.filter((kind) => FOR_HELPERS.includes(kind));
    fill(
      this,
      h("p", { class: "meta" }, t("notices.text")),
      settings.push_key && this.#push(),
      settings.channels.includes("sms") && this.#phone(),
      this.#table(kinds.filter((kind) => !helpers.includes(kind))),
      h("details", {}, h("summary", {}, t("notices.helpers")), this.#table(helpers)),
      this.#quiet(),
    );
  }

  #table(kinds) {
    const { channels } = this.#settings;
    return h(
      "table",
      { class: "notices" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, t("notices.what")),
          channels.map((channel) => h("th", { scope: "col" }, t(`notices.${channel}`))),
        ),
      ),
      h(
        "tbody",
        {},
        kinds.map((kind) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, t(`notices.${kind}`)),
            channels.map((channel) => h("td", {}, this.#cell(kind, channel))),
          ),
        ),
      ),
    );
  }

  #cell(kind, channel) {
    const choice = this.#settings.choices.find(
      (one) => one.kind === kind && one.channel === channel,
    );
    if (!choice) return null;
    const control = h("input", {
      type: "checkbox",
      checked: choice.on,
      disabled: choice.fixed,
      "aria-label": t("notices.cell", {
        kind: t(`notices.${kind}`),
        channel: t(`notices.${channel}`),
      }),
    });
    control.addEventListener("change", async () => {
      const chosen = { kind, channel, on: control.checked };
      if (!(await this.#save({ choices: [chosen] }))) control.checked = !control.checked;
    });
    return h("label", { class: "tap" }, control);
  }

  #quiet() {
    const { quiet } = this.#settings;
    const times = h("div", { class: "row-of-buttons", hidden: !quiet });
    const start = timeField("start", quiet?.start ?? 22 * 60);
    const until = timeField("until", quiet?.until ?? 7 * 60);
    times.append(start, until);
    const on = h("input", {
      type: "checkbox",
      role: "switch",
      id: "switch-quiet",
      checked: Boolean(quiet),
      "aria-describedby": "switch-quiet-text",
    });
    const save = () => {
      const hours = [start, until].map((one) => minuteOf(one.querySelector("input").value));
      if (hours.includes(null)) return;
      this.#save({ quiet: on.checked ? { start: hours[0], until: hours[1] } : null });
    };
    on.addEventListener("change", () => {
      times.hidden = !on.checked;
      save();
    });
    times.addEventListener("change", save);
    return [
      h(
        "div",
        { class: "switch" },
        h("label", { for: on.id }, t("notices.quiet")),
        on,
        h("p", { class: "hint", id: "switch-quiet-text" }, t("notices.quiet.text")),
      ),
      times,
    ];
  }

  #push() {
    const mine = this.#settings.subscriptions.find(({ current }) => current);
    const told = h("div", { role: "status" });
    const change = async (event) => {
      const button = event.currentTarget;
      button.setAttribute("aria-busy", "true");
      try {
        const state = mine ? await turnOff(mine.id) : await turnOn(this.#settings.push_key);
        if (mine || state === "on") await this.#load();
        else fill(told, note(t(`notices.push.${state}`), "notice"));
      } catch (error) {
        fill(told, note(wordsOf(error), "alarm"));
      }
      button.removeAttribute("aria-busy");
    };
    return h(
      "div",
      { class: "form" },
      h("h3", {}, t("notices.push.title")),
      h("p", { class: "hint" }, t(canPush() ? "notices.push.text" : "notices.push.cannot")),
      canPush() &&
        h(
          "div",
          { class: "row-of-buttons" },
          h(
            "button",
            { class: "button second", type: "button", onclick: change },
            t(mine ? "notices.push.end" : "notices.push.start"),
          ),
        ),
      told,
    );
  }

  #phone() {
    const { phone } = this.#settings;
    const place = h("div", { class: "form" }, h("h3", {}, t("notices.phone.title")));
    if (phone) {
      const remove = async () => {
        await session.client.call("phone.remove");
        await this.#load();
      };
      place.append(
        h("p", {}, t("notices.phone.now", { phone })),
        h(
          "div",
          { class: "row-of-buttons" },
          h("button", { class: "button second", type: "button", onclick: remove }, t("notices.phone.remove")),
        ),
      );
      return place;
    }
    const numberForm = form({
      action: t("notices.phone.send"),
      fields: [
        field({
          name: "phone",
          label: t("notices.phone"),
          hint: t("notices.phone.hint"),
          control: h("input", { type: "tel", autocomplete: "tel", required: true, maxlength: 40 }),
        }),
      ],
      submit: async (values) => {
        await session.client.call("phone.change", { phone: values.phone.trim() });
        const codeForm = this.#code();
        numberForm.replaceWith(codeForm);
        codeForm.querySelector("input").focus();
      },
    });
    place.append(numberForm);
    return place;
  }

  #code() {
    return form({
      action: t("notices.code.confirm"),
      fields: [
        field({
          name: "code",
          label: t("notices.code"),
          hint: t("notices.code.hint"),
          control: h("input", {
            inputmode: "numeric",
            autocomplete: "one-time-code",
            required: true,
            maxlength: 20,
          }),
        }),
      ],
      submit: async ({ code }) => {
        await session.client.call("phone.confirm", { code: code.trim() });
        await this.#load();
        say(t("settings.saved"));
      },
    });
  }

  async #save(changes) {
    try {
      this.#settings = await session.client.call("notice_settings.update", changes);
      say(t("settings.saved"));
      return true;
    } catch (error) {
      say(wordsOf(error), "alarm");
      return false;
    }
  }
}

function timeField(name, minute) {
  const id = `quiet-${name}`;
  const two = (number) => String(number).padStart(2, "0");
  const value = `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, t(`notices.quiet.${name}`)),
    h("input", { type: "time", id, value, required: true }),
  );
}

function minuteOf(time) {
  const [hours, minutes] = time.split(":").map(Number);
  return time ? hours * 60 + minutes : null;
}

customElements.define("samtale-notice-settings", NoticeSettings);
