// What one seldom does with somebody, behind three dots: blocking them, and what else there is.

import { blocks } from "../core/blocks.js";
import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { confirmDialog } from "./confirm-dialog.js";
import { openSheet, sheetItem } from "./sheet.js";
import { wordsOf } from "./states.js";
import { say } from "./toast.js";

/**
 * A button and its menu. `named` is {conversation} or {bubble}, `conversation` the one that falls
 * silent, if any; `done` is called once the block stands. `before(button)` gives items that stand
 * before it.
 */
export function moreMenu({ alias, named, conversation = null, done, before = () => [] }) {
  const label = t("more.label", { alias });
  const button = h(
    "button",
    {
      class: "round",
      type: "button",
      "aria-label": label,
      "aria-haspopup": "dialog",
      title: t("more.short"),
    },
    icon("more"),
  );
  const block = async () => {
    const title = t("block.title", { alias });
    const text = t("block.text", { alias });
    if (!(await confirmDialog({ title, text, action: t("block.do", { alias }) }))) return;
    try {
      await blocks.create(named, conversation);
      done();
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
  };
  button.addEventListener("click", () => {
    const words = t("block.do", { alias });
    const last = sheetItem({ drawing: "block", words, action: block, tone: "alarm" });
    openSheet({ label, at: button, content: [before(button), last] });
  });
  return button;
}
