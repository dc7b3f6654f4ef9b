// What stands where there is nothing to show yet, nothing at all, or something went wrong.

import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";

/** It is on its way. */
export function waiting() {
  return h(
    "div",
    { class: "waiting", role: "status" },
    h("span", { class: "waiting-bubbles", "aria-hidden": "true" }, h("span"), h("span"), h("span")),
    h("span", { class: "seen-by-readers-only" }, t("state.waiting")),
  );
}

/** There is nothing: why, and what one can do. */
export function empty({ symbol, title, text, action = null, level = "h2" }) {
  return h(
    "div",
    { class: "empty" },
    h("span", { class: "bubble large", "aria-hidden": "true" }, symbol),
    h(level, {}, title),
    h("p", {}, text),
    action,
  );
}

/** The words of an error, in the person's language. */
export function wordsOf(error) {
  if (error.code === "disconnected") return t("error.disconnected");
  if (error.code === "not_active" && session.account?.state !== "active")
    return t(`state.${session.account.state}`);
  if (error.code && error.message && error.message !== error.code) return error.message;
  if (!error.code) console.error(error); // a fault of the page: for whoever mends it
  return t("error.unknown");
}

/** It did not work; `again` tries once more. */
export function problem(error, again) {
  return h(
    "div",
    { class: "empty", role: "alert" },
    h("span", { class: "bubble large", "aria-hidden": "true", "data-tint": "5" }, "🌧️"),
    h("h1", {}, t(error.code === "not_active" ? "paused.title" : "error.title")),
    h("p", {}, wordsOf(error)),
    again &&
      error.then !== "stop" &&
      h("button", { class: "button", type: "button", onclick: again }, t("again")),
  );
}

/** A note beside other things. `tone` is alarm, notice or none. */
export function note(words, tone = "", drawing = "alert") {
  return h(
    "p",
    { class: `note ${tone}`, role: tone === "alarm" ? "alert" : null },
    icon(drawing),
    h("span", {}, words),
  );
}
