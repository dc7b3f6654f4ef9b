// What is pinned in a conversation: the latest at the top, the others one press away.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { gist } from "./message.js";
import { openSheet, sheetItem } from "./sheet.js";

export class PinnedBar extends HTMLElement {
  #shown = null;

  /** What the owner provides: jump(seq). */
  owner = null;

  /** Shows messages, by rising seq. */
  show(pinned) {
    const signature = JSON.stringify(pinned.map((one) => [one.seq, gist(one)]));
    if (signature === this.#shown) return;
    this.#shown = signature;
    this.hidden = pinned.length === 0;
    fill(this);
    if (!this.hidden) this.#fill(pinned);
  }

  #fill(pinned) {
    const latest = pinned.at(-1);
    const jump = () => this.owner.jump(latest.seq);
    const all = (event) => this.#all(pinned, event.currentTarget);
    fill(
      this,
      h(
        "button",
        { class: "pinned-latest", type: "button", onclick: jump },
        icon("pin"),
        h("span", { class: "seen-by-readers-only" }, `${t("message.pinned")}: `),
        h("span", { class: "pinned-text" }, gist(latest)),
      ),
      pinned.length > 1 &&
        h(
          "button",
          { class: "button plain", type: "button", "aria-haspopup": "dialog", onclick: all },
          t("pinned.all", { count: pinned.length }),
        ),
    );
  }

  #all(pinned, at) {
    const items = pinned.toReversed().map((one) =>
      sheetItem({ drawing: "pin", words: gist(one), action: () => this.owner.jump(one.seq) }),
    );
    openSheet({ label: t("pinned.label"), at, content: items });
  }
}

customElements.define("samtale-pinned-bar", PinnedBar);
