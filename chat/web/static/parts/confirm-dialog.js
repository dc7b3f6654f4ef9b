// Asks whether one is sure, before what cannot be undone.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

/** Gives true when the person says yes; `action` is what yes is called. */
export function confirmDialog({ title, text, action }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "dialog form", "aria-labelledby": "confirm-title" },
      h("h2", { id: "confirm-title" }, title),
      h("p", {}, text),
      h(
        "div",
        { class: "row-of-buttons" },
        h(
          "button",
          { class: "button", type: "button", onclick: () => dialog.close("yes") },
          action,
        ),
        h(
          "button",
          { class: "button second", type: "button", onclick: () => dialog.close("no") },
          t("cancel"),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
