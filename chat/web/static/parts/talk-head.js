// The head of a conversation: who it is with, what it came from, and what one can do with it.

import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { bubbleMark } from "./bubble-mark.js";
import { openCrisisCard } from "./crisis-card.js";
import { openDateChoice } from "./date-choice.js";
import { moreMenu } from "./more-menu.js";
import { sheetItem } from "./sheet.js";
import { talkItems } from "./talk-menu.js";

/**
 * Gives { element, here(bool), calls(bool) }: whether the other is here, and may be called. `conversation()` gives it as it
 * is now, `other` their alias; `since(at)` goes to a moment, `blocked()` follows a block, and `away()`
 * whatever ends with leaving the conversation's page.
 */
export function talkHead({ conversation, other, since, blocked, away }) {
  const { id, origin } = conversation();
  const dot = h(
    "span",
    { class: "here", hidden: true },
    h("span", { class: "seen-by-readers-only" }, t("presence.here", { other })),
  );
  dot.title = t("presence.here", { other });
  const menu = moreMenu({
    alias: other,
    named: { conversation: id },
    conversation: id,
    done: blocked,
    before: (at) => [
      sheetItem({
        drawing: "search",
        words: t("talk.search"),
        action: () => go(`/conversations/${id}?search`),
      }),
      sheetItem({ drawing: "clock", words: t("talk.date"), action: () => openDateChoice(since) }),
      talkItems({ conversation: conversation(), alias: other, at, away }),
    ],
  });
  const call = callLink(id, other);
  const element = h(
    "header",
    { class: "talk-head" },
    h(
      "a",
      { class: "round talk-back", href: "/inbox", "aria-label": t("talk.back") },
      icon("back"),
    ),
    bubbleMark({ id: origin.id ?? id, symbol: origin.symbol }, "small"),
    h(
      "div",
      { class: "talk-who" },
      h("div", { class: "talk-name" }, h("h1", {}, other), dot),
      origin.id
        ? h("a", { class: "talk-from", href: `/bubbles/${origin.id}` }, origin.title)
        : h("span", { class: "meta" }, origin.title),
    ),
    call,
    help(),
    menu,
  );
  const here = (isHere) => (dot.hidden = !isHere);
  return { element, here, calls: (may) => (call.hidden = !may) };
}

/** To the waiting room of a call. */
function callLink(id, other) {
  const words = t("talk.call", { other });
  const properties = { class: "round talk-call", href: `/conversations/${id}/call`, "aria-label": words };
  return h("a", { ...properties, title: words, hidden: true }, icon("phone"));
}

const help = () =>
  h(
    "button",
    {
      class: "round",
      type: "button",
      "aria-label": t("crisis.open"),
      title: t("crisis.open"),
      onclick: openCrisisCard,
    },
    icon("care"),
  );
