// Talking now: one's place in the line, until a volunteer is there.

import { SamtaleClient } from "../protocol/client.js";
import { fill, h, icon } from "../core/dom.js";
import { keepEntered } from "../core/entered.js";
import { language, t } from "../core/i18n.js";
import { SPOKEN, spokenName } from "../core/languages.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { openCrisisCard } from "../parts/crisis-card.js";
import { goInto } from "../parts/enter-talk.js";
import { field, form } from "../parts/form.js";
import { note, problem, waiting, wordsOf } from "../parts/states.js";
import { timeList } from "../parts/time-list.js";
import { say } from "../parts/toast.js";
import { danishPhone, keepHold } from "./book.js";
import { AGE_BANDS } from "./snak.js";

const LOOK_AGAIN_MS = 5_000;
const KEPT_AS = "samtale.line"; // a guest's bearer token, in this tab alone
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

class Line extends HTMLElement {
  #body = h("div", { class: "narrow" });
  #place = null;
  #timer = null;
  #ends = [];
  #band = "18_up";

  connectedCallback() {
    this.append(this.#body);
    this.#ends = [
      session.client.on("event", ({ event }) => event === "line.changed" && this.#look()),
    ];
    this.ready = this.#start();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    for (const end of this.#ends) end();
  }

  // A guest has no account: what keeps their place is a token.
  get #client() {
    const token = sessionStorage.getItem(KEPT_AS);
    if (session.account || !token) return session.client;
    return new SamtaleClient({ token, language: language() });
  }

  async #start() {
    fill(this.#body, waiting());
    if (session.account || sessionStorage.getItem(KEPT_AS)) await this.#look();
    else this.#ask();
  }

  #ask() {
    this.#place = null;
    clearTimeout(this.#timer);
    const isGuest = !session.account;
    const choice = (options) =>
      h(
        "select",
        {},
        options.map(([value, words]) => h("option", { value }, words)),
      );
    fill(
      this.#body,
      h("h1", {}, t("line.title")),
      h("p", { class: "lead" }, t("line.text")),
      form({
        fields: [
          isGuest &&
            field({
              name: "name",
              label: t("book.name"),
              hint: t("book.name.hint"),
              control: h("input", {
                required: true,
                minlength: 2,
                maxlength: 40,
                autocomplete: "given-name",
              }),
            }),
          field({
            name: "language",
            label: t("book.language"),
            control: choice(SPOKEN.map((code) => [code, spokenName(code)])),
          }),
          field({
            name: "age_band",
            label: t("snak.age"),
            control: choice(
              AGE_BANDS.filter((band) => band !== "under_15").map((band) => [
                band,
                t(`snak.age.${band}`),
              ]),
            ),
          }),
        ],
        action: t("line.join"),
        beside: h("a", { class: "button second", href: "/talks" }, t("line.book")),
        submit: async ({ name, language: spoken, age_band: band }) => {
          this.#band = band;
          const place = await session.client.call("line.join", {
            name: name?.trim() || undefined,
            language: spoken,
            age_band: band,
            interface: language(),
          });
          if (place.session) sessionStorage.setItem(KEPT_AS, place.session);
          this.#take(place);
        },
      }),
    );
  }

  async #look() {
    clearTimeout(this.#timer);
    try {
      this.#take(await this.#client.call("line.get"));
    } catch (error) {
      if (["not_found", "not_authenticated"].includes(error.code)) this.#forget();
      else if (this.#place) this.#later();
      else
        fill(
          this.#body,
          problem(error, () => this.#start()),
        );
    }
  }

  #forget() {
    sessionStorage.removeItem(KEPT_AS);
    this.#ask();
  }

  #later() {
    if (this.isConnected) this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MS);
  }

  #take(place) {
    const before = this.#place;
    this.#place = place;
    if (place.state === "taken" && place.talk) this.#enter(place.talk);
    else if (place.state !== "waiting") this.#forget();
    else {
      if (!before || JSON.stringify(before) !== JSON.stringify(place)) this.#show(place);
      this.#later();
    }
  }

  // A guest's token of the line opens the talk too; an account asks for its own.
  async #enter(talk) {
    try {
      const token = sessionStorage.getItem(KEPT_AS);
      if (session.account) goInto(await session.client.call("talk.join", { talk }));
      else {
        keepEntered(talk, token, Date.now() + DAY_MS);
        sessionStorage.removeItem(KEPT_AS);
        go(`/samtale/${talk}`);
      }
    } catch (error) {
      say(wordsOf(error), "alarm");
      this.#later();
    }
  }

  #show(place) {
    const first = place.position === 1;
    fill(
      this.#body,
      h("h1", {}, t("line.waiting")),
      h(
        "div",
        { class: "card line-place", role: "status" },
        h("p", { class: "line-number", "aria-hidden": "true" }, String(place.position)),
        h(
          "div",
          {},
          h("h2", {}, first ? t("line.first") : t("line.before", { count: place.position - 1 })),
          h("p", {}, expected(place)),
        ),
      ),
      h("p", { class: "meta" }, t("line.keep")),
      place.call_back ? note(t("line.called_back"), "", "check") : this.#callBack(place),
      place.long &&
        place.alternatives.length > 0 &&
        h(
          "section",
          {},
          h("h2", {}, t("line.long")),
          h("p", {}, t("line.long.text")),
          timeList(place.alternatives, (time) => this.#book(time)),
        ),
      h(
        "div",
        { class: "row-of-buttons" },
        h(
          "button",
          { class: "button second", type: "button", onclick: () => this.#leave() },
          t("line.leave"),
        ),
        h(
          "button",
          { class: "button plain", type: "button", onclick: openCrisisCard },
          icon("care"),
          t("crisis.open"),
        ),
      ),
    );
  }

  #callBack(place) {
    if (!place.long) return null;
    const ask = async ({ email = "", phone = "" }) => {
      this.#place = null;
      this.#take(
        await this.#client.call("line.call_back", {
          email: email.trim() || undefined,
          phone: phone.trim() ? danishPhone(phone) : undefined,
        }),
      );
    };
    if (session.account)
      return h(
        "button",
        {
          class: "button second",
          type: "button",
          onclick: () => ask({}).catch((error) => say(wordsOf(error), "alarm")),
        },
        t("line.call_back"),
      );
    return h(
      "details",
      {},
      h("summary", {}, t("line.call_back")),
      form({
        fields: [
          field({
            name: "email",
            label: t("book.email"),
            control: h("input", { type: "email", autocomplete: "email", maxlength: 254 }),
          }),
          field({
            name: "phone",
            label: t("book.phone"),
            control: h("input", { type: "tel", autocomplete: "tel", placeholder: "+45" }),
          }),
        ],
        action: t("line.call_back.do"),
        check: ({ email, phone }) =>
          email.trim() || phone.trim() ? {} : { email: t("book.reach.missing") },
        submit: ask,
      }),
    );
  }

  async #book(time) {
    try {
      const hold = await session.client.call("booking.hold", {
        time: time.id,
        age_band: this.#band,
      });
      if (!hold.hold) {
        say(t("snak.taken"), "alarm");
        return;
      }
      keepHold({ ...hold, age_band: this.#band });
      go("/talks/book");
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
  }

  async #leave() {
    try {
      await this.#client.call("line.leave");
      sessionStorage.removeItem(KEPT_AS);
      go("/talks");
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
  }
}

/** How long it will take, in words: never a promise that is not one. */
function expected({ low_ms: low, high_ms: high }) {
  if (low === null || high === null) return t("line.nobody");
  const minutes = (ms) => Math.max(1, Math.ceil(ms / MINUTE_MS));
  const [from, to] = [minutes(low), minutes(high)];
  return from === to
    ? t("line.wait", { count: to })
    : t("line.wait.range", { from, to });
}

customElements.define("samtale-line", Line);
