// Talking with a volunteer: one's appointments, and the free times to pick from.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { SPOKEN, spokenName } from "../core/languages.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { dayOf } from "../core/time.js";
import { appointmentList } from "../parts/appointment.js";
import { empty, problem, waiting, wordsOf } from "../parts/states.js";
import { timeList } from "../parts/time-list.js";
import { say } from "../parts/toast.js";
import { keepHold } from "./book.js";

export const AGE_BANDS = ["18_up", "15_17", "under_15"];

const PAGES = { volunteer: "/talks/duty", coordinator: "/talks/coordinator" };

class Snak extends HTMLElement {
  #own = h("div", {});
  #times = h("div", { class: "times", "aria-live": "polite" });
  #found = [];
  #next = null;

  connectedCallback() {
    this.ready = this.#load();
  }

  async #load() {
    fill(this, waiting());
    try {
      const { services } = await session.client.call("service.list");
      fill(this, h("div", { class: "medium snak" }, this.#head(), this.#own, this.#find(services)));
      await Promise.all([this.#showOwn(), this.#more()]);
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#load()),
      );
    }
  }

  #head() {
    return [
      h("h1", {}, t("snak.title")),
      h("p", { class: "lead" }, t("snak.text")),
      h(
        "div",
        { class: "card snak-now" },
        h("div", {}, h("h2", {}, t("snak.now.title")), h("p", {}, t("snak.now.text"))),
        h("a", { class: "button", href: "/talks/now" }, icon("phone"), t("snak.now.do")),
      ),
    ];
  }

  async #showOwn() {
    if (!session.account) return;
    const { bookings } = await session.client.call("booking.list");
    const coming = bookings.filter(({ state }) => state === "confirmed");
    fill(
      this.#own,
      this.#roles(),
      coming.length > 0 &&
        h(
          "section",
          { "aria-labelledby": "own-appointments" },
          h("h2", { id: "own-appointments" }, t("snak.own")),
          appointmentList(coming, { changed: () => this.#showOwn() }),
        ),
    );
  }

  // Whoever is a volunteer or a coordinator goes on from here to their own page.
  #roles() {
    const place = h("div", { class: "row-of-buttons" });
    const link = (role) => {
      const words = t("snak.role", { role: t(`role.${role}`) });
      return h("a", { class: "button second", href: PAGES[role] }, words);
    };
    session.roles().then((roles) => fill(place, roles.map(link)));
    return place;
  }

  #asked() {
    const { query } = this.route;
    return {
      service: query.get("service") || "snaksammen",
      language: query.get("language") || undefined,
      age_band: query.get("age") || "18_up",
      day: query.get("day") || undefined,
      volunteer: query.get("volunteer") || undefined,
    };
  }

  #address(changes) {
    const query = new URLSearchParams(this.route.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    return query.toString() ? `/talks?${query}` : "/talks";
  }

  #find(services) {
    const asked = this.#asked();
    const choose = (name, label, options, current) => {
      const control = h(
        "select",
        {
          class: "input",
          "aria-label": label,
          onchange: () => go(this.#address({ [name]: control.value }), { replace: true }),
        },
        options.map(([value, words]) =>
          h("option", { value, selected: value === (current ?? "") }, words),
        ),
      );
      return control;
    };
    const today = dayOf(Date.now());
    const day = h("input", {
      class: "input",
      type: "date",
      "aria-label": t("snak.day"),
      min: today,
      value: asked.day ?? "",
      onchange: () => go(this.#address({ day: day.value }), { replace: true }),
    });
    const named = ({ danish, english }) => (language() === "da" ? danish : english);
    return h(
      "section",
      { "aria-labelledby": "find-time" },
      h("h2", { id: "find-time" }, t("snak.find")),
      h(
        "nav",
        { class: "chips", "aria-label": t("snak.service") },
        services.map((one) =>
          h(
            "a",
            {
              class: "chip",
              href: this.#address({ service: one.slug }),
              "aria-current": one.slug === asked.service ? "true" : null,
            },
            t("snak.service.minutes", { name: named(one), minutes: one.minutes }),
          ),
        ),
      ),
      h(
        "div",
        { class: "snak-filters" },
        choose(
          "age",
          t("snak.age"),
          AGE_BANDS.map((band) => [band, t(`snak.age.${band}`)]),
          asked.age_band,
        ),
        choose(
          "language",
          t("snak.language"),
          [["", t("snak.language.any")], ...SPOKEN.map((code) => [code, spokenName(code)])],
          asked.language,
        ),
        day,
      ),
      this.#times,
    );
  }

  async #more() {
    if (!this.#found.length) fill(this.#times, waiting());
    const after = this.#next ?? undefined;
    const page = await session.client.call("time.find", { ...this.#asked(), after, limit: 30 });
    this.#found.push(...page.times);
    this.#next = page.next;
    const more = { class: "button second", type: "button", onclick: () => this.#more() };
    fill(
      this.#times,
      this.#found.length
        ? timeList(this.#found, (time) => this.#pick(time))
        : empty({ symbol: "🗓️", title: t("snak.none"), text: t("snak.none.text"), level: "h3" }),
      this.#next && h("button", more, t("more")),
    );
  }

  async #pick(time) {
    const { age_band: band } = this.#asked();
    if (band === "under_15" && !session.account) {
      say(t("snak.parent"), "alarm");
      return;
    }
    try {
      const hold = await session.client.call("booking.hold", {
        time: time.id,
        age_band: band,
        by_parent: band === "under_15",
      });
      if (hold.hold) {
        keepHold({ ...hold, age_band: band });
        go("/talks/book");
        return;
      }
      say(t("snak.taken"), "alarm");
      this.#found = hold.alternatives;
      this.#next = null;
      fill(
        this.#times,
        h("p", { class: "note notice", role: "status" }, t("snak.taken.text")),
        timeList(this.#found, (other) => this.#pick(other)),
      );
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
  }
}

customElements.define("samtale-snak", Snak);
