// What one can do with a message.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { REACTIONS, symbolOf } from "../core/reactions.js";
import { openSheet, sheetItem } from "./sheet.js";

/**
 * Opens the menu of a message, a row of core/stream-rows.js. `acts` are what it can lead to: reply,
 * react(kind, on), edit, pin(on), copy, remove; those that are missing are not offered.
 */
export function openMessageMenu({ row, at, acts }) {
  const { reply, react, edit, pin, copy, remove } = acts;
  const items = [
    reply && sheetItem({ drawing: "reply", words: t("message.reply"), action: reply }),
    edit && sheetItem({ drawing: "pen", words: t("message.edit"), action: edit }),
    copy && sheetItem({ drawing: "copy", words: t("message.copy"), action: copy }),
    pin &&
      sheetItem({
        drawing: "pin",
        words: t(row.pinned ? "message.unpin" : "message.pin"),
        action: () => pin(!row.pinned),
      }),
    remove &&
      sheetItem({ drawing: "bin", words: t("message.delete"), action: remove, tone: "alarm" }),
  ];
  const label = t("message.menu");
  return openSheet({ label, at, content: [react && reactionRow(row, react), items] });
}

function reactionRow({ reactions }, react) {
  const given = reactions.filter(({ mine }) => mine).map(({ kind }) => kind);
  return h(
    "div",
    { class: "sheet-reactions", role: "group", "aria-label": t("reaction.label") },
    REACTIONS.map((kind) => {
      const isGiven = given.includes(kind);
      return h(
        "button",
        {
          type: "button",
          "aria-pressed": String(isGiven),
          "aria-label": t(`reaction.${kind}`),
          title: t(`reaction.${kind}`),
          onclick: () => react(kind, !isGiven),
        },
        symbolOf(kind),
      );
    }),
  );
}
