// Where one writes: grows with the text, sends with Enter where there is a keyboard.

import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

const LONGEST = 4000;
const TYPING_MS = 3_000;

// What was begun, for whoever comes back to it.
const drafts = new Map();

export class Composer extends HTMLElement {
  #text = h("textarea", {
    rows: 1,
    maxlength: LONGEST,
    enterkeyhint: "enter",
    autocapitalize: "sentences",
  });
  #button = h("button", { class: "round send", type: "submit" }, icon("send"));
  #left = h("span", { class: "counter" });
  #toldAt = 0;

  /** What the owner provides: send(text), typing(). `name` keeps the draft; `other` is written to. */
  owner = null;
  name = "";
  other = "";

  connectedCallback() {
    const words = t("talk.write", { other: this.other });
    this.#text.setAttribute("aria-label", words);
    this.#text.placeholder = words;
    this.#button.setAttribute("aria-label", t("talk.send"));
    this.#text.value = drafts.get(this.name) ?? "";
    const form = h(
      "form",
      { class: "composer" },
      h("div", { class: "composer-box" }, this.#text, this.#left),
      this.#button,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener("keydown", (event) => {
      const byKeyboard = matchMedia("(hover: hover) and (pointer: fine)").matches;
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || !byKeyboard) return;
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener("input", () => this.#typed());
    this.append(form);
    this.#fit();
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  #typed() {
    drafts.set(this.name, this.#text.value);
    this.#fit();
    const now = Date.now();
    if (!this.#text.value || now - this.#toldAt < TYPING_MS) return;
    this.#toldAt = now;
    this.owner.typing();
  }

  #send() {
    const text = this.#text.value.trim();
    if (!text) return;
    this.#text.value = "";
    drafts.delete(this.name);
    this.#toldAt = 0;
    this.#fit();
    this.owner.send(text);
    this.focus();
  }

  #fit() {
    const left = LONGEST - this.#text.value.length;
    this.#left.textContent = left < 300 ? t("left", { count: left }) : "";
    if (CSS.supports("field-sizing", "content")) return;
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + 4}px`;
  }
}

customElements.define("samtale-composer", Composer);
