// A volunteer's own page: duty, what is offered, appointments, times, and who one is.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { SPOKEN, spokenName, spokenWithin } from "../core/languages.js";
import { session } from "../core/session.js";
import { clock, dayName, dayOf, momentOf } from "../core/time.js";
import { appointmentList } from "../parts/appointment.js";
import { enterTalk } from "../parts/enter-talk.js";
import { field, form, group } from "../parts/form.js";
import { note, problem, waiting, wordsOf } from "../parts/states.js";
import { say } from "../parts/toast.js";

const USUAL_SERVICE = "snaksammen";
const LOOK_AGAIN_MS = 10_000;
const MINUTE_MS = 60_000;

class DutyPage extends HTMLElement {
  #duty = h("section", { class: "card duty", "aria-labelledby": "duty" });
  #times = h("section", { class: "card", "aria-labelledby": "own-times" });
  #bookings = h("section", { class: "card", "aria-labelledby": "own-talks" });
  #services = [];
  #timer = null;
  #ends = [];

  connectedCallback() {
    const nudged = ({ event }) =>
      ["duty.changed", "offer.made"].includes(event) && this.#showDuty();
    this.#ends = [session.client.on("event", nudged)];
    this.ready = this.#load();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    for (const end of this.#ends) end();
  }

  async #load() {
    fill(this, waiting());
    try {
      const [volunteer, { services }] = await Promise.all([
        session.client.call("volunteer.get"),
        session.client.call("service.list"),
      ]);
      this.#services = services;
      const isActive = volunteer.state === "active";
      fill(
        this,
        h(
          "div",
          { class: "medium settings" },
          h("h1", {}, t("duty.title")),
          h("p", { class: "lead" }, t("duty.branch", { branch: volunteer.branch })),
          this.#standing(volunteer),
          isActive && [this.#duty, this.#bookings],
          ["active", "holiday"].includes(volunteer.state) && this.#times,
          this.#profile(volunteer),
        ),
      );
      if (isActive) await Promise.all([this.#showDuty(), this.#showBookings()]);
      await this.#showTimes();
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#load()),
      );
    }
  }

  // --- where one stands

  #standing(volunteer) {
    const { state, agreement_signed: signed, course_done: trained } = volunteer;
    if (state === "active") return null;
    if (state !== "onboarding") return note(t(`volunteer.${state}.text`), "notice", "clock");
    const steps = [
      ["agreement", signed],
      ["course", trained],
      ["certificate", Boolean(volunteer.certificate_until)],
    ];
    return h(
      "section",
      { class: "card", "aria-labelledby": "onboarding" },
      h("h2", { id: "onboarding" }, t("onboarding.title")),
      h("p", {}, t("onboarding.text")),
      h(
        "ol",
        { class: "onboarding" },
        steps.map(([name, done]) =>
          h(
            "li",
            { class: done ? "done" : "" },
            icon(done ? "check" : "clock"),
            h("span", {}, t(`onboarding.${name}`)),
            h("span", { class: "meta" }, t(done ? "onboarding.done" : "onboarding.missing")),
          ),
        ),
      ),
      !signed &&
        h(
          "button",
          { class: "button", type: "button", onclick: () => this.#sign() },
          t("onboarding.sign"),
        ),
    );
  }

  async #sign() {
    try {
      await session.client.call("volunteer.sign");
      await this.#load();
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
  }

  // --- duty

  async #showDuty() {
    clearTimeout(this.#timer);
    try {
      this.#drawDuty(await session.client.call("duty.get"));
    } catch (error) {
      fill(this.#duty, h("p", { class: "note alarm", role: "alert" }, wordsOf(error)));
    }
    if (this.isConnected) this.#timer = setTimeout(() => this.#showDuty(), LOOK_AGAIN_MS);
  }

  #drawDuty({ on_duty: onDuty, paused_until: paused, waiting: count, offers, talk }) {
    const turn = async () => {
      try {
        this.#drawDuty(await session.client.call(onDuty ? "duty.end" : "duty.start"));
      } catch (error) {
        say(wordsOf(error), "alarm");
      }
    };
    const take = (offer) => enterTalk("offer.take", { offer: offer.id });
    fill(
      this.#duty,
      h("h2", { id: "duty" }, t(onDuty ? "duty.on" : "duty.off")),
      h("p", {}, t(onDuty ? "duty.on.text" : "duty.off.text")),
      paused && note(t("duty.paused", { until: clock(paused) }), "notice", "clock"),
      h("p", { class: "meta", role: "status" }, t("duty.waiting", { count })),
      talk &&
        h(
          "button",
          { class: "button", type: "button", onclick: () => enterTalk("talk.join", { talk }) },
          t("appointment.open"),
        ),
      offers.map((offer) =>
        h(
          "div",
          { class: "offer", role: "alert" },
          h("p", {}, t("offer.text", { language: spokenWithin(offer.language) })),
          h(
            "button",
            { class: "button", type: "button", onclick: () => take(offer) },
            t("offer.take"),
          ),
        ),
      ),
      h(
        "button",
        { class: `button ${onDuty ? "second" : ""}`, type: "button", onclick: turn },
        t(onDuty ? "duty.end" : "duty.start"),
      ),
    );
  }

  // --- appointments

  async #showBookings() {
    const { bookings } = await session.client.call("booking.list", { as_volunteer: true });
    const coming = bookings.filter(({ state }) => state === "confirmed");
    fill(
      this.#bookings,
      h("h2", { id: "own-talks" }, t("duty.talks")),
      coming.length
        ? appointmentList(coming, { changed: () => this.#showBookings(), asVolunteer: true })
        : h("p", { class: "meta" }, t("duty.talks.none")),
    );
  }

  // --- times

  async #showTimes() {
    const { times, weekly } = await session.client.call("time.list", { after: Date.now() });
    const single = times.filter((time) => !time.weekly);
    fill(
      this.#times,
      h("h2", { id: "own-times" }, t("times.title")),
      h("p", {}, t("times.text")),
      weekly.length > 0 && [
        h("h3", {}, t("times.weekly")),
        h(
          "ul",
          { class: "places" },
          weekly.map((one) =>
            this.#row(
              t("times.weekly.row", { day: weekdayName(one.weekday), clock: clockOf(one.minute) }),
              "time.withdraw_weekly",
              { weekly: one.id },
            ),
          ),
        ),
      ],
      single.length > 0 && [
        h("h3", {}, t("times.single")),
        h(
          "ul",
          { class: "places" },
          single.map((one) =>
            this.#row(
              `${dayName(one.starts_at, Date.now(), language(), t)}, ${clock(one.starts_at)}`,
              one.booking ? null : "time.withdraw",
              { time: one.id },
            ),
          ),
        ),
      ],
      this.#publish(),
    );
  }

  #row(words, operation, data) {
    const withdraw = async () => {
      try {
        await session.client.call(operation, data);
        await this.#showTimes();
      } catch (error) {
        say(wordsOf(error), "alarm");
      }
    };
    return h(
      "li",
      {},
      h("span", {}, words),
      operation
        ? h(
            "button",
            {
              class: "button plain",
              type: "button",
              onclick: withdraw,
              "aria-label": t("times.withdraw.one", { time: words }),
            },
            t("times.withdraw"),
          )
        : h("span", { class: "sign" }, t("times.booked")),
    );
  }

  #publish() {
    const named = ({ danish, english }) => (language() === "da" ? danish : english);
    const today = dayOf(Date.now());
    return form({
      fields: [
        h("h3", {}, t("times.new")),
        field({
          name: "service",
          label: t("snak.service"),
          control: h(
            "select",
            {},
            this.#services.map((one) =>
              h(
                "option",
                { value: one.slug, selected: one.slug === USUAL_SERVICE },
                named(one),
              ),
            ),
          ),
        }),
        h(
          "div",
          { class: "two" },
          field({
            name: "date",
            label: t("times.date"),
            control: h("input", { type: "date", required: true, min: today, value: today }),
          }),
          field({
            name: "clock",
            label: t("times.clock"),
            control: h("input", { type: "time", required: true, step: 300, value: "19:00" }),
          }),
        ),
        h(
          "label",
          { class: "tick" },
          h("input", { type: "checkbox", name: "weekly", value: "yes" }),
          h("span", {}, t("times.every_week")),
        ),
      ],
      action: t("times.publish"),
      submit: async ({ service, date, clock: at, weekly }) => {
        const [hour, minute] = at.split(":").map(Number);
        if (weekly)
          await session.client.call("time.publish_weekly", {
            service,
            weekday: (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7,
            minute: hour * 60 + minute,
            from_date: date,
          });
        else
          await session.client.call("time.publish", {
            service,
            starts_at: momentOf(date, hour) + minute * MINUTE_MS,
          });
        say(t("times.published"));
        await this.#showTimes();
      },
    });
  }

  // --- who one is

  #profile({ profile, state }) {
    const fields = [
      field({
        name: "name",
        label: t("volunteer.name"),
        hint: t("volunteer.name.hint"),
        control: h("input", { value: profile.name, required: true, minlength: 2, maxlength: 40 }),
      }),
      field({
        name: "words",
        label: t("volunteer.words"),
        hint: t("volunteer.words.hint"),
        control: h("textarea", { maxlength: 300 }, profile.words),
      }),
      group({
        name: "languages",
        legend: t("volunteer.languages"),
        controls: h(
          "div",
          { class: "chips" },
          SPOKEN.map((code) =>
            h(
              "label",
              { class: "chip" },
              h("input", {
                type: "checkbox",
                name: `speaks-${code}`,
                checked: profile.languages.includes(code),
              }),
              spokenName(code),
            ),
          ),
        ),
      }),
      ["active", "holiday"].includes(state) &&
        h(
          "label",
          { class: "tick" },
          h("input", { type: "checkbox", name: "away", checked: state === "holiday" }),
          h("span", {}, t("volunteer.away")),
        ),
    ];
    return h(
      "section",
      { class: "card", "aria-labelledby": "volunteer-profile" },
      h("h2", { id: "volunteer-profile" }, t("volunteer.profile")),
      form({
        fields,
        action: t("save"),
        submit: async (values) => {
          const changes = {
            name: values.name.trim(),
            words: values.words.trim(),
            languages: SPOKEN.filter((code) => values[`speaks-${code}`]),
          };
          if (["active", "holiday"].includes(state)) changes.away = Boolean(values.away);
          await session.client.call("volunteer.update", changes);
          say(t("settings.saved"));
          await this.#load();
        },
      }),
    );
  }
}

const MONDAY = Date.UTC(2024, 0, 1, 12);
const DAY_MS = 86_400_000;

const weekdayName = (weekday) =>
  new Intl.DateTimeFormat(language() === "da" ? "da-DK" : "en-GB", {
    weekday: "long",
    timeZone: "UTC",
  }).format(MONDAY + weekday * DAY_MS);

const clockOf = (minute) =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

customElements.define("samtale-duty", DutyPage);
