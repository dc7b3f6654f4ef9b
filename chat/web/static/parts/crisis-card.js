// Help at once: one tap away everywhere, several choices, never in the way of anything (domain rule 6).

import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { ageOn } from "../core/time.js";
import { session } from "../core/session.js";

const LINES = {
  emergency: ["112", "112"],
  lifeline: ["70201201", "70 201 201"],
  children: ["116111", "116 111"],
};

/** Which lines are shown, by age; a child's own line stands first. */
export function linesFor(account, now) {
  const young = account && ageOn(account.born, now) < 18;
  return young ? ["children", "emergency", "lifeline"] : ["emergency", "lifeline", "children"];
}

export function openCrisisCard() {
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { class: "dialog crisis", "aria-labelledby": "crisis-title", onclose: () => dialog.remove() },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id: "crisis-title" }, t("crisis.title")),
      h(
        "button",
        { class: "round", type: "button", "aria-label": t("close"), onclick: close },
        icon("close"),
      ),
    ),
    h("p", {}, t("crisis.text")),
    h("ul", { class: "crisis-lines" }, linesFor(session.account, Date.now()).map(line)),
    h("button", { class: "button second wide", type: "button", onclick: close }, t("crisis.back")),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  document.body.append(dialog);
  dialog.showModal();
}

function line(name) {
  const [number, shown] = LINES[name];
  return h(
    "li",
    {},
    h(
      "a",
      { class: "crisis-line", href: `tel:${number}` },
      icon("phone"),
      h(
        "span",
        {},
        h("strong", {}, `${t(`crisis.${name}`)} ${shown}`.trim()),
        h("span", {}, t(`crisis.${name}.text`)),
      ),
    ),
  );
}
