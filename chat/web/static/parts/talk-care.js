// Care after a talk: leaving with a reason, a report, the volunteer's note, and what comes next.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { field, form } from "./form.js";
import { openSheet, sheetItem } from "./sheet.js";
import { note, wordsOf } from "./states.js";
import { say } from "./toast.js";

const REASONS = [
  ["done", "check"],
  ["connection", "alert"],
  ["uncomfortable", "thought"],
  ["unsafe", "care"],
  ["other", "leave"],
];
const WRONGS = ["harassment", "pressure", "private_details", "illegal", "other"];
const WEIGHTS = ["light", "ordinary", "hard"];

/** Asks why one leaves, and leaves: the talk ends for both, and its text is erased a little later. */
export function leaveTalk(at, left) {
  const leave = async (reason) => {
    try {
      await session.client.call("talk.leave", { talk: session.talk.id, reason });
      left(reason);
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
  };
  openSheet({
    label: t("leave.do"),
    at,
    content: [
      h("h2", { class: "sheet-title" }, t("leave.why")),
      REASONS.map(([reason, drawing]) =>
        sheetItem({ drawing, words: t(`leave.because.${reason}`), action: () => leave(reason) }),
      ),
    ],
  });
}

/** Something was wrong: said before the text is erased, it is kept for a coordinator. */
export function reportOfTalk() {
  const place = h("details", { class: "care card" }, h("summary", {}, t("report.title")));
  const reasons = h(
    "select",
    {},
    WRONGS.map((wrong) => h("option", { value: wrong }, t(`report.${wrong}`))),
  );
  place.append(
    h("p", { class: "meta" }, t("report.text")),
    form({
      fields: [
        field({ name: "reason", label: t("report.reason"), control: reasons }),
        field({
          name: "words",
          label: t("report.words"),
          control: h("textarea", { maxlength: 2000 }),
        }),
      ],
      action: t("report.do"),
      submit: async ({ reason, words }) => {
        await session.client.call("talk.report", {
          talk: session.talk.id,
          reason,
          words: words.trim(),
        });
        fill(place, h("summary", {}, t("report.title")), note(t("report.done"), "", "check"));
      },
    }),
  );
  return place;
}

/** The volunteer's note, without a word of what was said; `noted()` follows it. */
export function noteOfTalk(noted) {
  const place = h("section", { class: "care card", "aria-labelledby": "debrief" });
  const heading = () => h("h2", { id: "debrief" }, t("debrief.title"));
  const weights = h(
    "select",
    {},
    WEIGHTS.map((weight) =>
      h("option", { value: weight, selected: weight === "ordinary" }, t(`debrief.${weight}`)),
    ),
  );
  place.append(
    heading(),
    form({
      fields: [
        field({
          name: "weight",
          label: t("debrief.weight"),
          hint: t("debrief.text"),
          control: weights,
        }),
        h(
          "label",
          { class: "tick" },
          h("input", { type: "checkbox", name: "call", value: "yes" }),
          h("span", {}, t("debrief.call")),
        ),
      ],
      action: t("save"),
      // Whoever writes a note is done, whether they have said so or not.
      submit: async ({ weight, call }) => {
        const { id: talk } = session.talk;
        await session.client.call("talk.leave", { talk, reason: "done" });
        await session.client.call("talk.debrief", { talk, weight, call_wanted: Boolean(call) });
        fill(place, heading(), note(t("debrief.done"), "", "check"));
        noted();
      },
    }),
  );
  return place;
}

/** What one may like to do now. They are loaded anew: one's seat stays behind. */
export function nextSteps() {
  const step = (address, drawing, words) =>
    h("a", { class: "button second", href: address, target: "_top" }, icon(drawing), words);
  return h(
    "nav",
    { class: "care", "aria-labelledby": "next-steps" },
    h("h2", { id: "next-steps" }, t("after.title")),
    h(
      "div",
      { class: "row-of-buttons" },
      step("/talks", "phone", t("after.talk")),
      step("/bubbles", "bubbles", t("after.bubble")),
    ),
  );
}
