// Asks for a date, to go there in a long conversation.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { dayOf, momentOf } from "../core/time.js";
import { field, form } from "./form.js";
import { wordsOf } from "./states.js";
import { say } from "./toast.js";

/** `go(at)` is called with the first moment of the day that was chosen, in UTC milliseconds. */
export function openDateChoice(go) {
  const today = dayOf(Date.now());
  const control = h("input", { type: "date", required: true, max: today, value: today });
  const cancel = { class: "button second", type: "button", onclick: () => dialog.close() };
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "date-title" },
    h("h2", { id: "date-title" }, t("talk.date")),
    form({
      fields: field({ name: "date", label: t("talk.date.label"), control }),
      action: t("talk.date.go"),
      beside: h("button", cancel, t("cancel")),
      submit: async ({ date }) => {
        dialog.close(); // first: the focus goes back, and then on to where one goes
        await go(momentOf(date)).catch((error) => say(wordsOf(error), "alarm"));
      },
    }),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
