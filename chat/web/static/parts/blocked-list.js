// Whom one has blocked, each with a way back.

import { blocks } from "../core/blocks.js";
import { fill, h } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { fullTime, longAgo } from "../core/time.js";
import { note, wordsOf } from "./states.js";

export class BlockedList extends HTMLElement {
  #end = () => {};
  #shown = ""; // what stands in the list; drawn anew only on a change, or focus would be lost
  #told = h("div", { role: "status" });
  #list = h("div", { tabindex: "-1" });

  connectedCallback() {
    this.append(this.#list, this.#told);
    this.#end = blocks.onChange(() => this.#load());
    this.#load();
  }

  disconnectedCallback() {
    this.#end();
  }

  async #load() {
    try {
      const all = await blocks.list();
      if (this.#shown === JSON.stringify(all)) return;
      this.#shown = JSON.stringify(all);
      fill(
        this.#list,
        h("p", { class: "meta" }, t(all.length ? "blocked.text" : "blocked.none")),
        all.length > 0 &&
          h(
            "ul",
            { class: "places" },
            all.map((one) => this.#row(one)),
          ),
      );
    } catch (error) {
      fill(this.#told, note(wordsOf(error), "alarm"));
    }
  }

  #row({ id, alias, blocked_at: at }) {
    const when = longAgo(at, Date.now(), language(), t);
    return h(
      "li",
      {},
      h(
        "div",
        {},
        h("strong", {}, alias),
        h("p", { class: "meta", title: fullTime(at, language()) }, t("blocked.since", { when })),
      ),
      h(
        "button",
        {
          class: "button plain",
          type: "button",
          onclick: () => this.#lift(id, alias),
          "aria-label": t("blocked.lift.one", { alias }),
        },
        t("blocked.lift"),
      ),
    );
  }

  async #lift(id, alias) {
    try {
      await blocks.lift(id);
      this.#list.focus({ preventScroll: true });
      fill(this.#told, note(t("blocked.lifted", { alias }), "", "check"));
    } catch (error) {
      fill(this.#told, note(wordsOf(error), "alarm"));
    }
  }
}

customElements.define("samtale-blocked-list", BlockedList);
