// After the talk: a soft end, and what one can do next.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { openCrisisCard } from "./crisis-card.js";
import { wordsOf } from "./states.js";
import { say } from "./toast.js";

class CallEnded extends HTMLElement {
  connectedCallback() {
    const { call, other, owner } = this;
    const button = (style, words, onclick) =>
      h("button", { class: `button ${style}`, type: "button", onclick }, words);
    this.append(
      h("span", { class: "bubble large", "aria-hidden": "true" }, "🌿"),
      h("h1", {}, t("call.ended")),
      h("p", {}, t(`call.ended.${call.known?.reason ?? "left"}`, { other })),
      ...(session.talk?.role === "citizen" ? [feelings()] : []),
      h(
        "div",
        { class: "row-of-buttons" },
        !session.talk && button("", t("call.back"), () => owner.write()),
        button("second", t("call.again"), () => owner.again()),
        session.talk && button("", t("leave.do"), (event) => leave(event.target)),
      ),
      h(
        "button",
        { class: "button plain", type: "button", onclick: openCrisisCard },
        icon("care"),
        t("crisis.open"),
      ),
    );
  }

  /** Nothing changes any more. */
  refresh() {}
}

/** Nothing more to say: the talk ends for both, and its text is erased a little later. */
async function leave(button) {
  try {
    await session.client.call("talk.leave", { talk: session.talk.id, reason: "done" });
    button.closest(".row-of-buttons").replaceWith(h("p", { role: "status" }, t("leave.done")));
  } catch (error) {
    say(wordsOf(error), "alarm");
  }
}

const FACES = ["😞", "🙁", "😐", "🙂", "😊"];

/** One tap, if one likes: how one feels after the talk. */
function feelings() {
  const place = h("fieldset", { class: "feelings" }, h("legend", {}, t("feel.title")));
  const feel = async (feeling) => {
    const talk = session.talk.id;
    await session.client.call("talk.feel", { talk, when: "after", feeling }).catch(() => {});
    fill(place, h("legend", {}, t("feel.thanks")));
  };
  place.append(
    h("p", { class: "meta" }, t("feel.text")),
    ...FACES.map((face, at) =>
      h(
        "button",
        {
          class: "feeling",
          type: "button",
          "aria-label": t(`feel.${at + 1}`),
          title: t(`feel.${at + 1}`),
          onclick: () => feel(at + 1),
        },
        face,
      ),
    ),
  );
  return place;
}

customElements.define("samtale-call-ended", CallEnded);
