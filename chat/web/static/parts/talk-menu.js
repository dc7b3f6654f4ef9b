// What one can do with a conversation, for oneself: mute, archive, mark as unread, leave.

import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { tomorrowAt } from "../core/time.js";
import { isMuted } from "../core/unread.js";
import { confirmDialog } from "./confirm-dialog.js";
import { openSheet, sheetItem } from "./sheet.js";
import { wordsOf } from "./states.js";
import { say } from "./toast.js";

const WEEK_MS = 7 * 86_400_000;
const FOR_EVER = 2 ** 53 - 1;
const MORNING = 8; // o'clock in Copenhagen

/**
 * The menu's items for a conversation; `at` is where a second choice opens, and
 * `away()` follows what one does not stay for: leaving, and marking as unread.
 */
export function talkItems({ conversation, alias, at, away }) {
  const { id, own, unread } = conversation;
  const muted = isMuted(conversation, Date.now());
  const marked = unread > 0 || own.marked_unread;
  return [
    sheetItem({
      drawing: marked ? "check" : "unread",
      words: t(marked ? "talks.mark_read" : "talks.mark_unread"),
      action: () =>
        marked ? read(id) : update(id, { markedUnread: true }, "talks.marked_unread", away),
    }),
    sheetItem({
      drawing: muted ? "bell" : "muted",
      words: t(muted ? "talks.unmute" : "talks.mute"),
      action: () => (muted ? update(id, { mutedUntil: null }, "talks.unmuted") : mute(id, at)),
    }),
    sheetItem({
      drawing: "archive",
      words: t(own.archived ? "talks.unarchive" : "talks.archive.do"),
      action: () =>
        update(
          id,
          { archived: !own.archived },
          own.archived ? "talks.unarchived" : "talks.archived",
        ),
    }),
    sheetItem({
      drawing: "leave",
      words: t("talks.leave"),
      tone: "alarm",
      action: () => leave(id, alias, away),
    }),
  ];
}

/** Opens the menu beside `at`. */
export function openTalkMenu({ conversation, alias, at, away }) {
  const content = talkItems({ conversation, alias, at, away });
  openSheet({ label: t("more.label", { alias }), at, content });
}

function mute(id, at) {
  const now = Date.now();
  const until = (words, mutedUntil) =>
    sheetItem({ drawing: "clock", words, action: () => update(id, { mutedUntil }, "talks.muted") });
  openSheet({
    label: t("talks.mute"),
    at,
    content: [
      h("h2", { class: "sheet-title" }, t("talks.mute.title")),
      h("p", { class: "sheet-text" }, t("talks.mute.text")),
      until(t("talks.mute.morning"), tomorrowAt(MORNING, now)),
      until(t("talks.mute.week"), now + WEEK_MS),
      until(t("talks.mute.ever"), FOR_EVER),
    ],
  });
}

async function read(id) {
  try {
    await session.inbox.markRead(id);
  } catch (error) {
    say(wordsOf(error), "alarm");
  }
}

async function update(id, changes, done, then = () => {}) {
  try {
    await session.client.updateConversation(id, changes);
    say(t(done));
    then();
  } catch (error) {
    say(wordsOf(error), "alarm");
  }
}

async function leave(id, alias, away) {
  const title = t("talks.leave.title", { alias });
  const text = t("talks.leave.text", { alias });
  if (!(await confirmDialog({ title, text, action: t("talks.leave") }))) return;
  try {
    await session.client.leave(id);
    say(t("talks.left"));
    away();
  } catch (error) {
    say(wordsOf(error), "alarm");
  }
}
