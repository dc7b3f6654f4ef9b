// Appointments with volunteers, or as one: when, with whom, and what one can do about it.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { clock, dayName } from "../core/time.js";
import { confirmDialog } from "./confirm-dialog.js";
import { enterTalk } from "./enter-talk.js";
import { empty, waiting, wordsOf } from "./states.js";
import { timeList } from "./time-list.js";
import { say } from "./toast.js";

/** `changed()` follows whatever changes one; `colleagues` are whom a volunteer may hand it over to. */
export function appointmentList(bookings, { changed, asVolunteer = false }) {
  return h(
    "ul",
    { class: "appointments" },
    bookings.map((one) => h("li", { class: "card" }, appointment(one, { changed, asVolunteer }))),
  );
}

function appointment(booking, { changed, asVolunteer }) {
  const { starts_at: from, ends_at: to } = booking;
  const day = dayName(from, Date.now(), language(), t);
  return [
    h("h3", {}, `${day}, ${clock(from)}–${clock(to)}`),
    h("p", {}, t("book.with", { name: booking.with_whom })),
    booking.coordinator && h("p", { class: "meta" }, t("book.coordinator", { name: booking.coordinator })),
    h(
      "div",
      { class: "row-of-buttons" },
      h(
        "button",
        { class: "button", type: "button", onclick: () => enterTalk("talk.join", { talk: booking.talk }) },
        icon("talks"),
        t("appointment.open"),
      ),
      h(
        "button",
        { class: "button plain", type: "button", onclick: () => saveCalendar(booking) },
        t("appointment.calendar"),
      ),
      !asVolunteer &&
        h(
          "button",
          { class: "button plain", type: "button", onclick: () => move(booking, changed) },
          t("appointment.move"),
        ),
      h(
        "button",
        { class: "button plain", type: "button", onclick: () => cancel(booking, changed) },
        t("appointment.cancel"),
      ),
    ),
  ];
}

async function saveCalendar({ talk }) {
  try {
    const { calendar } = await session.client.call("talk.calendar", { talk });
    const address = URL.createObjectURL(new Blob([calendar], { type: "text/calendar" }));
    h("a", { href: address, download: "samtale.ics" }).click();
    URL.revokeObjectURL(address);
  } catch (error) {
    say(wordsOf(error), "alarm");
  }
}

async function cancel(booking, changed) {
  const title = t("appointment.cancel.title");
  const text = t("appointment.cancel.text", { name: booking.with_whom });
  if (!(await confirmDialog({ title, text, action: t("appointment.cancel") }))) return;
  try {
    await session.client.call("booking.cancel", { booking: booking.id });
    say(t("appointment.cancelled"));
    changed();
  } catch (error) {
    say(wordsOf(error), "alarm");
  }
}

async function move(booking, changed) {
  const list = h("div", { class: "times" }, waiting());
  const close = { class: "button second", type: "button", onclick: () => dialog.close() };
  const dialog = h(
    "dialog",
    { class: "dialog wide", "aria-labelledby": "move-title" },
    h("h2", { id: "move-title" }, t("appointment.move")),
    list,
    h("button", close, t("cancel")),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  const pick = async (time) => {
    try {
      const moved = await session.client.call("booking.move", {
        booking: booking.id,
        time: time.id,
      });
      if (!moved.moved) {
        show(moved.alternatives, t("snak.taken.text"));
        return;
      }
      dialog.close();
      say(t("appointment.moved"));
      changed();
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
  };
  const show = (times, words = null) =>
    fill(
      list,
      words && h("p", { class: "note notice", role: "status" }, words),
      times.length
        ? timeList(times, pick)
        : empty({ symbol: "🗓️", title: t("snak.none"), text: t("snak.none.text"), level: "h3" }),
    );
  try {
    const { service, age_band: band } = booking;
    const page = await session.client.call("time.find", { service, age_band: band, limit: 30 });
    show(page.times);
  } catch (error) {
    fill(list, h("p", { class: "note alarm", role: "alert" }, wordsOf(error)));
  }
}
