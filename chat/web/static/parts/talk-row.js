// A conversation in the list.

import { h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { shortTime } from "../core/time.js";
import { isMuted, newIn } from "../core/unread.js";
import { bubbleMark } from "./bubble-mark.js";
import { gist } from "./message.js";
import { openTalkMenu } from "./talk-menu.js";

/** `current`: it is the one that is open; `away()` leaves its page. */
export function talkRow(conversation, { current, away }) {
  const { id, origin, updated_at: at } = conversation;
  const { conversations } = session.inbox;
  const other = conversations.other(id);
  const count = newIn(conversation);
  const isHere = conversations.presence(id).has(other.number);
  const open = (event) => {
    event.preventDefault();
    openTalkMenu({ conversation, alias: other.alias, at: more, away });
  };
  const more = h(
    "button",
    {
      class: "round",
      type: "button",
      "aria-label": t("talks.more", { alias: other.alias }),
      "aria-haspopup": "dialog",
      title: t("more.short"),
      onclick: open,
      "data-menu": id,
    },
    icon("more"),
  );
  const words = h(
    "span",
    { class: "talk-row-words" },
    h("strong", {}, other.alias, isHere && here(other.alias)),
    h("time", { datetime: new Date(at).toISOString() }, shortTime(at, Date.now(), language(), t)),
    h("span", { class: "origin" }, origin.title),
    h("span", { class: "last" }, lastOf(conversation)),
    isMarked(conversation, count) &&
      h("span", { class: "talk-marks" }, marks(conversation, count)),
  );
  const link = h(
    "a",
    {
      class: `talk-row ${count ? "unread" : ""}`,
      href: `/conversations/${id}`,
      "aria-current": current ? "true" : null,
      oncontextmenu: open,
    },
    bubbleMark({ id: origin.id ?? id, symbol: origin.symbol }),
    words,
  );
  return h("li", {}, link, more);
}

const here = (other) =>
  h(
    "span",
    { class: "here", title: t("presence.here", { other }) },
    h("span", { class: "seen-by-readers-only" }, t("presence.here", { other })),
  );

const isQuiet = (conversation) => isMuted(conversation, Date.now());

const isMarked = (conversation, count) => count > 0 || isQuiet(conversation);

function marks(conversation, count) {
  const byHand = count > 0 && conversation.unread === 0;
  return [
    isQuiet(conversation) &&
      h("span", { class: "muted", role: "img", "aria-label": t("talks.is_muted") }, icon("muted")),
    count > 0 &&
      h(
        "span",
        { class: "badge" },
        h("span", { "aria-hidden": "true" }, byHand ? "•" : count > 99 ? "99+" : String(count)),
        h(
          "span",
          { class: "seen-by-readers-only" },
          byHand ? t("talks.is_marked") : ` ${t("nav.unread", { count })}`,
        ),
      ),
  ];
}

// What was begun stands before what was said last, unless something new came.
function lastOf({ id, own, unread, last_message: last, missed_call: missed }) {
  const draft = session.client.draft(id) ?? own.draft;
  if (draft && !unread) return [h("em", {}, t("talks.draft")), ` ${draft}`];
  const { number: me } = session.inbox.conversations.me(id);
  if (missed) return h("em", {}, t(missed === me ? "talks.unanswered" : "talks.missed"));
  if (!last) return "";
  const mine = last.sender === me;
  return [mine && `${t("talk.you")}: `, gist(last)];
}
