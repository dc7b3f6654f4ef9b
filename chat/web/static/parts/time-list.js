// Times with volunteers, day by day; used wherever one picks a time.

import { h } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { clock, dayName, dayOf } from "../core/time.js";
import { spokenNames } from "../core/languages.js";

/** A list of free times by day. `pick(time)` follows a choice, and may take its time. */
export function timeList(times, pick) {
  const days = new Map();
  for (const time of times) {
    const day = dayOf(time.starts_at);
    if (!days.has(day)) days.set(day, []);
    days.get(day).push(time);
  }
  return [...days.values()].map((day) =>
    h(
      "section",
      { class: "time-day" },
      h("h3", {}, dayName(day[0].starts_at, Date.now(), language(), t)),
      h(
        "ul",
        { class: "time-list" },
        day.map((time) => h("li", {}, timeButton(time, pick))),
      ),
    ),
  );
}

function timeButton(time, pick) {
  const { volunteer } = time;
  const button = h(
    "button",
    { class: "time", type: "button" },
    h("span", { class: "time-clock" }, `${clock(time.starts_at)}–${clock(time.ends_at)}`),
    h("strong", {}, volunteer.name),
    h("span", { class: "meta" }, spokenNames(volunteer.languages)),
    volunteer.words && h("span", { class: "time-words" }, volunteer.words),
  );
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      await pick(time);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  return button;
}
