// Blowing a bubble, and changing one.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { clearErrors, field, form, group, showError } from "../parts/form.js";
import { empty, note, problem, waiting } from "../parts/states.js";

const SYMBOLS = [
  "🫧",
  "☕",
  "🌳",
  "🎲",
  "🎵",
  "🐕",
  "🍰",
  "⚽",
  "🏊",
  "🚲",
  "📚",
  "🧶",
  "🎨",
  "🌻",
  "💬",
  "🤝",
];
const MOST_INTERESTS = 5;
const LONGEST = 2000;
const LARGEST_PICTURE = 5 * 1024 * 1024;

class BubbleForm extends HTMLElement {
  #bubble = { title: "", text: "", interests: [], symbol: SYMBOLS[0], picture: null };

  connectedCallback() {
    this.ready = this.#load();
  }

  async #load() {
    const { id } = this.route.params;
    if (session.account.state === "suspended") {
      fill(this, paused());
      return;
    }
    fill(this, waiting());
    try {
      const [interests, bubble] = await Promise.all([
        session.interests(),
        id ? session.client.call("bubble.get", { bubble: id }) : this.#bubble,
      ]);
      this.#bubble = bubble;
      this.#show(interests);
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#load()),
      );
    }
  }

  #show(interests) {
    const { id, title, text, held } = this.#bubble;
    const words = h("textarea", { required: true, maxlength: LONGEST, rows: 6 }, text);
    const counter = h("span", { class: "counter" });
    const count = () =>
      (counter.textContent =
        words.value.length > LONGEST - 300
          ? t("left", { count: LONGEST - words.value.length })
          : "");
    words.addEventListener("input", count);
    count();
    const built = form({
      fields: [
        field({
          name: "title",
          label: t("form.title"),
          hint: t("form.title.hint"),
          control: h("input", { required: true, maxlength: 80, value: title }),
        }),
        field({
          name: "text",
          label: t("form.text"),
          hint: t("form.text.hint"),
          control: words,
          after: counter,
        }),
        this.#interestField(interests),
        this.#symbolField(),
        this.#pictureField(),
      ],
      action: t(id ? "form.save" : "form.post"),
      beside: h(
        "a",
        { class: "button plain", href: id ? `/bubbles/${id}` : "/bubbles" },
        t("cancel"),
      ),
      check: ({ title: named, text: told }) => ({
        ...(named.trim() && named.trim().length < 3 ? { title: t("form.title.short") } : {}),
        ...(told.trim() && told.trim().length < 10 ? { text: t("form.text.short") } : {}),
      }),
      submit: () => this.#save(built),
    });
    fill(
      this,
      h(
        "div",
        { class: "medium" },
        h("h1", {}, t(id ? "form.edit" : "form.new")),
        h("p", { class: "lead" }, t("form.lead")),
        held && note(held, "notice", "clock"),
        h("div", { class: "card" }, built),
      ),
    );
  }

  #interestField(interests) {
    const chips = h(
      "div",
      { class: "chips" },
      interests.map((one) =>
        chip(
          "checkbox",
          "interests",
          one.slug,
          this.#bubble.interests.includes(one.slug),
          one.symbol,
          language() === "da" ? one.danish : one.english,
        ),
      ),
    );
    const atMost = () => {
      const full = chips.querySelectorAll(":checked").length >= MOST_INTERESTS;
      for (const box of chips.querySelectorAll("input")) box.disabled = full && !box.checked;
    };
    chips.addEventListener("change", atMost);
    atMost();
    return group({
      name: "interests",
      legend: t("form.interests"),
      hint: t("form.interests.hint"),
      controls: chips,
    });
  }

  #symbolField() {
    const { symbol } = this.#bubble;
    const symbols = SYMBOLS.includes(symbol) ? SYMBOLS : [symbol, ...SYMBOLS];
    const chips = h(
      "div",
      { class: "chips symbols" },
      symbols.map((one) => chip("radio", "symbol", one, one === symbol, one, null)),
    );
    return group({ name: "symbol", legend: t("form.symbol"), controls: chips });
  }

  #pictureField() {
    const control = h("input", { type: "file", accept: "image/jpeg,image/png,image/webp" });
    const shown = h("div", { class: "chosen-picture", "aria-live": "polite" });
    const show = () => {
      const { picture } = this.#bubble;
      fill(
        shown,
        picture &&
          h("img", { src: `/api/v1/pictures/${picture}?size=thumb`, alt: t("form.picture.alt") }),
        picture &&
          h(
            "button",
            {
              class: "button plain",
              type: "button",
              onclick: () => this.#choosePicture(null, show),
            },
            t("form.picture.remove"),
          ),
      );
    };
    control.addEventListener("change", async () => {
      const [file] = control.files;
      if (!file) return;
      const inForm = control.form;
      clearErrors(inForm);
      try {
        if (file.size > LARGEST_PICTURE)
          throw Object.assign(new Error(t("form.picture.large")), { code: "too_large" });
        const { id } = await session.client.request("POST", "/api/v1/pictures", file, file.type);
        this.#choosePicture(id, show);
      } catch (error) {
        showError(inForm, Object.assign(error, { field: "picture" }));
      }
      control.value = "";
    });
    show();
    const built = field({
      name: "picture",
      label: t("form.picture"),
      hint: t("form.picture.hint"),
      control,
      after: shown,
    });
    const button = h(
      "span",
      { class: "button second file" },
      icon("picture"),
      t("form.picture.choose"),
    );
    control.replaceWith(button);
    button.append(control);
    return built;
  }

  #choosePicture(picture, show) {
    this.#bubble = { ...this.#bubble, picture };
    show();
  }

  async #save(built) {
    const values = new FormData(built);
    const { id, picture } = this.#bubble;
    const content = {
      title: values.get("title").trim(),
      text: values.get("text").trim(),
      interests: values.getAll("interests"),
      symbol: values.get("symbol"),
      picture,
    };
    const saved = id
      ? await session.client.call("bubble.edit", { bubble: id, ...content })
      : await session.client.call("bubble.post", content);
    go(`/bubbles/${saved.id}`, { replace: true });
  }
}

function chip(type, name, value, checked, symbol, words) {
  return h(
    "label",
    { class: "chip" },
    h("input", {
      type,
      name,
      value,
      checked,
      "aria-label": words ? null : t("form.symbol.one", { symbol }),
    }),
    h("span", { class: "symbol", "aria-hidden": words ? "true" : null }, symbol),
    words,
  );
}

const paused = () =>
  empty({ symbol: "🌙", level: "h1", title: t("paused.title"), text: t("paused.text") });

customElements.define("samtale-bubble-form", BubbleForm);
