// How one feels before and after a talk: one tap each, if one likes.

import { fill, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";

const FACES = ["😞", "🙁", "😐", "🙂", "😊"];

/** Asks the citizen how they feel; `when`: "before" or "after" the talk. */
export function feelings(when) {
  const title = () => h("legend", {}, t(`feel.${when}`));
  const place = h("fieldset", { class: "feelings" }, title());
  const text = h("p", { class: "meta", role: "status" }, t("feel.text"));
  const buttons = FACES.map((face, at) => {
    const words = t(`feel.${at + 1}`);
    const feel = () => tap(at + 1);
    return h(
      "button",
      { class: "feeling", type: "button", "aria-pressed": "false", onclick: feel },
      h("span", { class: "face", "aria-hidden": "true" }, face),
      h("span", {}, words),
    );
  });
  // The last tap counts, so one may think again.
  const tap = async (feeling) => {
    try {
      await session.client.call("talk.feel", { talk: session.talk.id, when, feeling });
    } catch {
      text.textContent = t("feel.failed");
      return;
    }
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at + 1 === feeling)));
    text.textContent = t("feel.thanks");
  };
  fill(place, title(), text, h("div", { class: "faces" }, buttons));
  return place;
}
