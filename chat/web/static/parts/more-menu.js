// What one seldom does to somebody, behind three dots: so far, blocking them.

import { blocks } from "../core/blocks.js";
import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { confirmDialog } from "./confirm-dialog.js";
import { note, wordsOf } from "./states.js";

/**
 * A button and its menu. `named` is {conversation} or {bubble}, `conversation` the one that falls
 * silent, if any; `done` is called once the block stands.
 */
export function moreMenu({ alias, named, conversation = null, done }) {
  const told = h("div", { class: "more-told" });
  const block = h(
    "button",
    { class: "more-item", type: "button" },
    icon("block"),
    t("block.do", { alias }),
  );
  const menu = h("div", { class: "more-menu", id: "more-menu", popover: "auto" }, block, told);
  const button = h(
    "button",
    {
      class: "round",
      type: "button",
      popovertarget: "more-menu",
      "aria-label": t("more.label", { alias }),
      title: t("more.short"),
    },
    icon("more"),
  );
  menu.addEventListener("beforetoggle", () => place(menu, button));
  block.addEventListener("click", async () => {
    menu.hidePopover();
    const title = t("block.title", { alias });
    const text = t("block.text", { alias });
    if (!(await confirmDialog({ title, text, action: t("block.do", { alias }) }))) {
      button.focus();
      return;
    }
    try {
      await blocks.create(named, conversation);
      done();
    } catch (error) {
      told.replaceChildren(note(wordsOf(error), "alarm"));
      menu.showPopover();
    }
  });
  return [button, menu];
}

/** Under its button, within the page. */
function place(menu, button) {
  const { bottom, right } = button.getBoundingClientRect();
  menu.style.top = `${bottom + 4}px`;
  menu.style.right = `${Math.max(8, document.documentElement.clientWidth - right)}px`;
}
