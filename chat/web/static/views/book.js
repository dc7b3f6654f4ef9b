// Booking the time that was picked: a few words, and it is one's own.

import { fill, h } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { SPOKEN, spokenName } from "../core/languages.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { clock, dayName } from "../core/time.js";
import { field, form } from "../parts/form.js";
import { note } from "../parts/states.js";

let held = null; // what was picked on the page before

/** Keeps the time that was picked for the next page. */
export function keepHold(hold) {
  held = hold;
}

class Book extends HTMLElement {
  connectedCallback() {
    if (!held) {
      go("/talks", { replace: true });
      return;
    }
    const { time, expires_at: until, age_band: band } = held;
    fill(
      this,
      h(
        "div",
        { class: "narrow" },
        h("h1", {}, t("book.title")),
        this.#card(time),
        note(t("book.kept", { until: clock(until) }), "", "clock"),
        this.#form(band),
      ),
    );
  }

  #card(time) {
    const { volunteer } = time;
    return h(
      "div",
      { class: "card" },
      h("h2", {}, when(time)),
      h("p", {}, t("book.with", { name: volunteer.name })),
      volunteer.words && h("p", { class: "meta" }, volunteer.words),
    );
  }

  #form(band) {
    const isGuest = !session.account;
    const spoken = held.time.volunteer.languages.filter((code) => SPOKEN.includes(code));
    const fields = [
      field({
        name: "name",
        label: t(band === "under_15" ? "book.child" : "book.name"),
        hint: t("book.name.hint"),
        control: h("input", {
          minlength: 2,
          maxlength: 40,
          autocomplete: "given-name",
          required: isGuest || band === "under_15",
          value: isGuest || band === "under_15" ? "" : session.account.alias,
        }),
      }),
      field({
        name: "language",
        label: t("book.language"),
        control: h(
          "select",
          {},
          spoken.map((code) => h("option", { value: code }, spokenName(code))),
        ),
      }),
      isGuest && [
        field({
          name: "email",
          label: t("book.email"),
          hint: t("book.reach"),
          control: h("input", { type: "email", autocomplete: "email", maxlength: 254 }),
        }),
        field({
          name: "phone",
          label: t("book.phone"),
          control: h("input", { type: "tel", autocomplete: "tel", placeholder: "+45" }),
        }),
      ],
    ];
    const check = ({ email, phone }) =>
      isGuest && !email.trim() && !phone.trim() ? { email: t("book.reach.missing") } : {};
    return form({
      fields,
      action: t("book.do"),
      beside: h("a", { class: "button second", href: "/talks" }, t("cancel")),
      check,
      submit: async ({ name, language: spoken, email, phone }) => {
        const booking = await session.client.call("booking.confirm", {
          hold: held.hold,
          name: name.trim() || undefined,
          language: spoken || undefined,
          email: email?.trim() || undefined,
          phone: phone?.trim() ? danishPhone(phone) : undefined,
          interface: language(),
        });
        held = null;
        this.#done(booking, { email: email?.trim(), phone: phone?.trim() });
      },
    });
  }

  #done(booking, { email, phone }) {
    const to = session.account ? session.account.email : [email, phone].filter(Boolean).join(", ");
    fill(
      this,
      h(
        "div",
        { class: "narrow" },
        h("h1", { tabindex: "-1" }, t("book.done")),
        h(
          "div",
          { class: "card" },
          h("h2", {}, when(booking)),
          h("p", {}, t("book.with", { name: booking.with_whom })),
        ),
        note(t("book.sent", { to }), "", "mail"),
        h("p", {}, t("book.open.text")),
        booking.coordinator && note(t("book.coordinator", { name: booking.coordinator })),
        h(
          "div",
          { class: "row-of-buttons" },
          h("a", { class: "button", href: `/samtale/${booking.token}` }, t("book.open")),
          h("a", { class: "button second", href: "/talks" }, t("book.back")),
        ),
      ),
    );
    this.querySelector("h1").focus();
  }
}

/** Thursday 12 March, 14:00–14:15 */
export function when({ starts_at: from, ends_at: to }) {
  return `${dayName(from, Date.now(), language(), t)}, ${clock(from)}–${clock(to)}`;
}

/** A number as people in Denmark type it: eight digits are Danish. */
export function danishPhone(typed) {
  const digits = typed.replace(/[\s().-]/g, "");
  if (digits.startsWith("+")) return digits;
  return digits.startsWith("00") ? `+${digits.slice(2)}` : `+45${digits}`;
}

customElements.define("samtale-book", Book);
