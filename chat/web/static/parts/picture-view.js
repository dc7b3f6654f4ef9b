// A picture as large as the window, and where pictures are.

import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

/** The address of a picture; `size` is thumb or full. */
export const pictureAddress = (id, size = "full") =>
  `/api/v1/pictures/${id}${size === "thumb" ? "?size=thumb" : ""}`;

/** Shows a picture by itself, and what is said of it; a press anywhere, or Escape, leads back. */
export function openPicture({ id, alt, title, description }) {
  const dialog = h(
    "dialog",
    { class: "picture-view", "aria-label": title, onclick: () => dialog.close() },
    h(
      "button",
      { class: "round", type: "button", "aria-label": t("close"), title: t("close") },
      icon("close"),
    ),
    h("img", { src: pictureAddress(id), alt }),
    description && h("p", { "aria-hidden": "true" }, description),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
