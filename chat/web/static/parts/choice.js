// A choice of one among many, found by typing (WAI-ARIA combobox with a list).

import { fill, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { matching } from "../core/search.js";

const MOST = 98;

/**
 * `items` are `{ value, name }`. The element has a `value` (null until one is chosen); its `input` is
 * what the person types in.
 */
export class Choice extends HTMLElement {
  #items = [];
  #shown = [];
  #active = -1;
  #list = h("ul", { class: "choice-list", role: "listbox", hidden: true });
  #status = h("span", { class: "seen-by-readers-only", role: "status" });

  input = h("input", {
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
  });
  value = null;

  connectedCallback() {
    if (this.#list.isConnected) return;
    this.classList.add("choice");
    this.#list.id = `${this.input.id}-list`;
    this.#list.setAttribute("aria-label", t("choice.list"));
    this.input.setAttribute("aria-controls", this.#list.id);
    this.append(this.input, this.#list, this.#status);
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.#close());
    this.input.addEventListener("click", () => this.#open(this.#items));
    // Before the blur, so that the list is still there.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#choose(this.#shown[Number(option.dataset.at)]);
    });
  }

  /** They may come after the person has begun to type. */
  set items(items) {
    this.#items = items;
    this.#name();
    if (document.activeElement === this.input && this.input.value) this.#typed();
  }

  /** Chooses by value. */
  choose(value) {
    this.value = value;
    this.#name();
  }

  #name() {
    const chosen = this.#items.find(({ value }) => value === this.value);
    if (chosen) this.input.value = chosen.name;
  }

  #typed() {
    const exact = this.#items.find(
      ({ name }) => name.toLowerCase() === this.input.value.trim().toLowerCase(),
    );
    this.value = exact?.value ?? null;
    const found = matching(this.#items, this.input.value, ({ name }) => name);
    // Nothing is left to choose, and the list would lie over what comes next.
    if (exact && found.length === 1) this.#close();
    else this.#open(found);
  }

  #open(items) {
    this.#shown = items.slice(0, MOST);
    this.#active = -1;
    fill(
      this.#list,
      this.#shown.map(({ value, name }, at) =>
        h(
          "li",
          {
            role: "option",
            id: `${this.#list.id}-${at}`,
            "data-at": at,
            "aria-selected": String(value === this.value),
          },
          name,
        ),
      ),
    );
    this.#list.hidden = this.#shown.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.#list.hidden));
    this.input.removeAttribute("aria-activedescendant");
    this.#status.textContent = t("choice.found", { count: this.#shown.length });
  }

  #close() {
    this.#list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (this.#list.hidden) this.#open(this.#items);
      this.#move(key === "ArrowDown" ? 1 : -1);
    } else if (key === "Enter" && !this.#list.hidden) {
      event.preventDefault();
      this.#choose(this.#shown[Math.max(0, this.#active)]);
    } else if (key === "Escape") this.#close();
  }

  #move(by) {
    const count = this.#shown.length;
    if (!count) return;
    this.#active = (this.#active + by + count) % count;
    for (const option of this.#list.children) {
      const active = Number(option.dataset.at) === this.#active;
      option.setAttribute("aria-selected", String(active));
      if (active) option.scrollIntoView({ block: "nearest" });
    }
    this.input.setAttribute("aria-activedescendant", `${this.#list.id}-${this.#active}`);
  }

  #choose(item) {
    if (!item) return;
    this.value = item.value;
    this.input.value = item.name;
    this.#close();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("samtale-choice", Choice);
