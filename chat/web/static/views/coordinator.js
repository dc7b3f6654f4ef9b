// A coordinator's page: what needs someone now, who is on duty, and the volunteers of the branch.
// Never what is said in a talk.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { clock, dayName } from "../core/time.js";
import { enterTalk } from "../parts/enter-talk.js";
import { field, form } from "../parts/form.js";
import { problem, waiting, wordsOf } from "../parts/states.js";
import { say } from "../parts/toast.js";

const LOOK_AGAIN_MS = 15_000;
const MINUTE_MS = 60_000;

class Coordinator extends HTMLElement {
  #now = h("div", { class: "overview" });
  #volunteers = h("section", { class: "card", "aria-labelledby": "volunteers" });
  #names = new Map();
  #timer = null;

  connectedCallback() {
    this.ready = this.#load();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  async #load() {
    fill(this, waiting());
    try {
      const { branch } = await session.client.call("branch.overview");
      fill(
        this,
        h(
          "div",
          { class: "medium settings" },
          h("h1", {}, t("coordinator.title")),
          h("p", { class: "lead" }, t("duty.branch", { branch })),
          this.#now,
          this.#volunteers,
          this.#invite(),
        ),
      );
      await this.#showVolunteers();
      await this.#showNow();
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#load()),
      );
    }
  }

  // --- now

  async #showNow() {
    clearTimeout(this.#timer);
    try {
      this.#draw(await session.client.call("branch.overview"));
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
    if (this.isConnected) this.#timer = setTimeout(() => this.#showNow(), LOOK_AGAIN_MS);
  }

  #draw(now) {
    const minutes = (ms) => (ms === null ? "–" : t("coordinator.minutes", { count: Math.round(ms / MINUTE_MS) }));
    const share = (some, all) => (all ? `${Math.round((100 * some) / all)} %` : "–");
    const figure = (name, value) =>
      h("div", { class: "card figure" }, h("dd", {}, value), h("dt", {}, t(`coordinator.${name}`)));
    fill(
      this.#now,
      h(
        "dl",
        { class: "figures" },
        figure("waiting", String(now.waiting)),
        figure("on_duty", String(now.on_duty.length)),
        figure("p50", minutes(now.waits_p50_ms)),
        figure("p95", minutes(now.waits_p95_ms)),
        figure("ranges", share(now.ranges_held, now.ranges_shown)),
        figure("no_shows", String(now.no_shows)),
        figure("unused", String(now.unused_times)),
      ),
      this.#section(
        "alerts",
        now.alerts.map((alert) => this.#alert(alert)),
      ),
      this.#section(
        "talks",
        now.talks.map((talk) => this.#talk(talk)),
      ),
      this.#section(
        "duty",
        now.on_duty.map(({ name, since, talk }) =>
          h(
            "li",
            {},
            h("strong", {}, name),
            h(
              "span",
              { class: "meta" },
              t(talk ? "coordinator.in_talk" : "coordinator.since", { at: clock(since) }),
            ),
          ),
        ),
      ),
    );
  }

  #section(name, rows) {
    return h(
      "section",
      { class: "card", "aria-labelledby": `coordinator-${name}` },
      h("h2", { id: `coordinator-${name}` }, t(`coordinator.${name}`)),
      rows.length
        ? h("ul", { class: "places" }, rows)
        : h("p", { class: "meta" }, t(`coordinator.${name}.none`)),
    );
  }

  #alert({ id, kind, talk, volunteer, at }) {
    const settle = async () => {
      try {
        await session.client.call("alert.settle", { alert: id });
        await this.#showNow();
      } catch (error) {
        say(wordsOf(error), "alarm");
      }
    };
    return h(
      "li",
      {},
      h(
        "div",
        {},
        h("strong", {}, icon("alert"), " ", t(`alert.${kind}`)),
        h(
          "p",
          { class: "meta" },
          [this.#names.get(volunteer), clock(at)].filter(Boolean).join(" · "),
        ),
      ),
      h(
        "div",
        { class: "row-of-buttons" },
        talk && this.#attend(talk),
        h("button", { class: "button plain", type: "button", onclick: settle }, t("alert.settle")),
      ),
    );
  }

  #talk(talk) {
    const { volunteer, starts_at: from, ends_at: to, state } = talk;
    return h(
      "li",
      {},
      h(
        "div",
        {},
        h("strong", {}, `${clock(from)}–${clock(to)}`),
        h(
          "p",
          { class: "meta" },
          [this.#names.get(volunteer), t(`talk.state.${state}`), t(`snak.age.${talk.age_band}`)]
            .filter(Boolean)
            .join(" · "),
        ),
      ),
      h(
        "div",
        { class: "row-of-buttons" },
        this.#attend(talk.talk),
        talk.booking && this.#callOff(talk.booking),
      ),
    );
  }

  #attend(talk) {
    return h(
      "button",
      {
        class: "button second",
        type: "button",
        onclick: () => enterTalk("talk.attend", { talk }),
      },
      t("coordinator.attend"),
    );
  }

  #callOff(booking) {
    const open = () => {
      const cancel = { class: "button second", type: "button", onclick: () => dialog.close() };
      const dialog = h(
        "dialog",
        { class: "dialog", "aria-labelledby": "call-off" },
        h("h2", { id: "call-off" }, t("coordinator.call_off")),
        form({
          fields: field({
            name: "message",
            label: t("coordinator.call_off.words"),
            control: h("textarea", { maxlength: 500 }),
          }),
          action: t("coordinator.call_off"),
          beside: h("button", cancel, t("cancel")),
          submit: async ({ message }) => {
            await session.client.call("booking.call_off", { booking, message: message.trim() });
            dialog.close();
            await this.#showNow();
          },
        }),
      );
      dialog.addEventListener("close", () => dialog.remove());
      document.body.append(dialog);
      dialog.showModal();
    };
    return h(
      "button",
      { class: "button plain", type: "button", onclick: open },
      t("coordinator.call_off"),
    );
  }

  // --- volunteers

  async #showVolunteers() {
    const { volunteers } = await session.client.call("branch.volunteers");
    this.#names = new Map(volunteers.map(({ profile }) => [profile.id, profile.name]));
    fill(
      this.#volunteers,
      h("h2", { id: "volunteers" }, t("coordinator.volunteers")),
      volunteers.length
        ? h(
            "ul",
            { class: "places" },
            volunteers.map((one) => this.#volunteer(one)),
          )
        : h("p", { class: "meta" }, t("coordinator.volunteers.none")),
    );
  }

  #volunteer(one) {
    const { profile, state, certificate_until: until } = one;
    const marks = [
      t(`volunteer.${state}`),
      until
        ? t("coordinator.certificate", { date: until })
        : t("coordinator.certificate.none"),
      one.call_wanted_at && t("coordinator.call_wanted", { when: dayName(one.call_wanted_at, Date.now(), language(), t) }),
    ];
    return h(
      "li",
      {},
      h(
        "div",
        {},
        h("strong", {}, profile.name),
        h("p", { class: "meta" }, marks.filter(Boolean).join(" · ")),
      ),
      h(
        "button",
        { class: "button second", type: "button", onclick: () => this.#record(one) },
        t("coordinator.record"),
      ),
    );
  }

  #record(one) {
    const cancel = { class: "button second", type: "button", onclick: () => dialog.close() };
    const tick = (name, checked, words) =>
      h(
        "label",
        { class: "tick" },
        h("input", { type: "checkbox", name, checked, value: "yes" }),
        h("span", {}, words),
      );
    const states = ["active", "paused", "ended"];
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "record" },
      h("h2", { id: "record" }, one.profile.name),
      form({
        fields: [
          tick("course", one.course_done, t("onboarding.course")),
          field({
            name: "certificate_until",
            label: t("coordinator.certificate.until"),
            hint: t("coordinator.certificate.hint"),
            control: h("input", { type: "date", value: one.certificate_until ?? "" }),
          }),
          field({
            name: "state",
            label: t("coordinator.state"),
            control: h(
              "select",
              {},
              h("option", { value: "" }, t("coordinator.state.same")),
              states
                .filter((state) => state !== one.state)
                .map((state) => h("option", { value: state }, t(`volunteer.${state}`))),
            ),
          }),
          one.call_wanted_at && tick("call_made", false, t("coordinator.call_made")),
        ],
        action: t("save"),
        beside: h("button", cancel, t("cancel")),
        submit: async ({ course, certificate_until: until, state, call_made: called }) => {
          await session.client.call("branch.record", {
            volunteer: one.profile.id,
            course_done: Boolean(course),
            certificate_until: until || null,
            state: state || undefined,
            call_made: Boolean(called),
          });
          dialog.close();
          await this.#showVolunteers();
        },
      }),
    );
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  #invite() {
    const told = h("div", { role: "status" });
    const built = form({
      fields: [
        field({
          name: "name",
          label: t("coordinator.invite.name"),
          control: h("input", { required: true, minlength: 2, maxlength: 40 }),
        }),
        field({
          name: "email",
          label: t("book.email"),
          control: h("input", { type: "email", required: true, maxlength: 254 }),
        }),
        field({
          name: "role",
          label: t("coordinator.invite.role"),
          control: h(
            "select",
            {},
            ["volunteer", "coordinator"].map((role) =>
              h("option", { value: role }, t(`role.${role}`)),
            ),
          ),
        }),
      ],
      action: t("coordinator.invite.do"),
      submit: async ({ name, email, role }) => {
        await session.client.call("branch.invite", {
          name: name.trim(),
          email: email.trim(),
          role,
        });
        built.reset();
        fill(told, h("p", { class: "note" }, icon("check"), t("coordinator.invited", { email })));
      },
    });
    return h(
      "section",
      { class: "card", "aria-labelledby": "invite" },
      h("h2", { id: "invite" }, t("coordinator.invite")),
      built,
      told,
    );
  }
}

customElements.define("samtale-coordinator", Coordinator);
