// After the talk: a soft end, and what one can do next.

import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { openCrisisCard } from "./crisis-card.js";
import { feelings } from "./feelings.js";
import { leaveTalk, nextSteps, noteOfTalk, reportOfTalk } from "./talk-care.js";

class CallEnded extends HTMLElement {
  connectedCallback() {
    const { call, other, owner } = this;
    const button = (style, words, onclick) =>
      h("button", { class: `button ${style}`, type: "button", onclick }, words);
    const report = session.talk && reportOfTalk();
    const row = h(
      "div",
      { class: "row-of-buttons" },
      !session.talk && button("", t("call.back"), () => owner.write()),
      button("second", t("call.again"), () => owner.again()),
      session.talk &&
        button("", t("leave.do"), (event) =>
          leaveTalk(event.currentTarget, (reason) => left(row, report, reason)),
        ),
    );
    this.append(
      h("span", { class: "bubble large", "aria-hidden": "true" }, "🌿"),
      h("h1", {}, t("call.ended")),
      h("p", {}, t(`call.ended.${call.known?.reason ?? "left"}`, { other })),
      ...(session.talk?.role === "citizen" ? [feelings("after")] : []),
      row,
      ...(session.talk?.role === "volunteer" ? [noteOfTalk(() => row.replaceWith())] : []),
      ...(session.talk ? [report, nextSteps()] : []),
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

// The sheet closes by itself; what was wrong can still be said.
function left(row, report, reason) {
  row.replaceWith(h("p", { role: "status" }, t("leave.done")));
  if (["uncomfortable", "unsafe"].includes(reason)) report.open = true;
}

customElements.define("samtale-call-ended", CallEnded);
