// One bubble: read it, and write to whoever blew it; or see to one's own.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { fullTime, longAgo } from "../core/time.js";
import { bubbleMark } from "../parts/bubble-mark.js";
import { confirmDialog } from "../parts/confirm-dialog.js";
import { field, form } from "../parts/form.js";
import { linked } from "../parts/linked.js";
import { moreMenu } from "../parts/more-menu.js";
import { note, problem, waiting } from "../parts/states.js";
import { answers } from "./bubbles.js";

class OneBubble extends HTMLElement {
  #bubble = null;
  #ends = [];

  connectedCallback() {
    this.ready = this.#load();
  }

  disconnectedCallback() {
    for (const end of this.#ends) end();
  }

  async #load() {
    fill(this, waiting());
    try {
      const [bubble, interests, municipalities] = await Promise.all([
        session.client.call("bubble.get", { bubble: this.route.params.id }),
        session.interests(),
        session.municipalities(),
      ]);
      this.#bubble = bubble;
      this.#show(interests, municipalities);
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#load()),
      );
    }
  }

  #show(interests, municipalities) {
    const bubble = this.#bubble;
    const place = municipalities.find(({ code }) => code === bubble.municipality)?.name;
    const about = interests.filter(({ slug }) => bubble.interests.includes(slug));
    fill(
      this,
      h(
        "div",
        { class: "medium" },
        h("a", { class: "way-back", href: "/bubbles" }, icon("back"), t("bubbles.title")),
        h(
          "article",
          { class: "card one-bubble" },
          h(
            "header",
            {},
            bubbleMark(bubble, "large"),
            h("div", {}, h("h1", {}, bubble.title), h("p", { class: "meta" }, this.#meta(place))),
            !bubble.mine && this.#more(),
          ),
          this.#state(),
          bubble.picture &&
            h("img", {
              class: "picture",
              src: `/api/v1/pictures/${bubble.picture}`,
              alt: t("bubble.picture.alt", { author: bubble.author }),
              loading: "lazy",
            }),
          h("p", { class: "running-text" }, linked(bubble.text)),
          about.length > 0 &&
            h(
              "ul",
              { class: "tags" },
              about.map((one) =>
                h(
                  "li",
                  { class: "tag" },
                  `${one.symbol} ${language() === "da" ? one.danish : one.english}`,
                ),
              ),
            ),
        ),
        bubble.mine ? this.#own() : this.#others(),
      ),
    );
  }

  #more() {
    const { id: bubble, author: alias, conversation } = this.#bubble;
    return moreMenu({ alias, named: { bubble }, conversation, done: () => go("/bubbles") });
  }

  #meta(place) {
    const { author, mine, created_at: at, edited_at } = this.#bubble;
    const written = h(
      "time",
      { datetime: new Date(at).toISOString(), title: fullTime(at, language()) },
      longAgo(at, Date.now(), language(), t),
    );
    return [
      mine ? t("bubble.you") : author,
      place && ` · ${place}`,
      " · ",
      written,
      edited_at && ` · ${t("bubble.edited")}`,
    ];
  }

  #state() {
    const { state, mine, held } = this.#bubble;
    if (state === "held")
      return h(
        "div",
        { class: "note notice" },
        icon("clock"),
        h(
          "div",
          {},
          h("strong", {}, t("bubble.held.title")),
          h("p", {}, held ?? ""),
          h("p", {}, t("bubble.held.text")),
        ),
      );
    if (state === "closed")
      return note(t(mine ? "bubble.closed.mine" : "bubble.closed.other"), "", "check");
    return null;
  }

  #own() {
    const { id, state, answers: count } = this.#bubble;
    return h(
      "section",
      { class: "card form" },
      h("h2", {}, answers(this.#bubble)),
      h("p", {}, t(count ? "bubble.answers.some" : "bubble.answers.none")),
      h(
        "div",
        { class: "row-of-buttons" },
        count > 0 &&
          h("a", { class: "button", href: "/inbox" }, icon("talks"), t("bubble.to_inbox")),
        state !== "closed" &&
          h("a", { class: "button second", href: `/bubbles/${id}/edit` }, t("bubble.edit")),
        state !== "closed" &&
          h(
            "button",
            { class: "button second", type: "button", onclick: () => this.#close() },
            icon("check"),
            t("bubble.close"),
          ),
      ),
    );
  }

  async #close() {
    const sure = await confirmDialog({
      title: t("bubble.close.title"),
      text: t("bubble.close.text"),
      action: t("bubble.close.do"),
    });
    if (!sure) return;
    try {
      await session.client.call("bubble.close", { bubble: this.#bubble.id });
      await this.#load();
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#load()),
      );
    }
  }

  #others() {
    const { conversation, state, author } = this.#bubble;
    if (conversation) {
      return h(
        "section",
        { class: "card form" },
        h("p", {}, t("bubble.replied", { author })),
        h(
          "a",
          { class: "button", href: `/conversations/${conversation}` },
          icon("talks"),
          t("bubble.to_talk"),
        ),
      );
    }
    return state === "open" && session.account.state !== "suspended" && this.#reply();
  }

  #reply() {
    const { id, author } = this.#bubble;
    const control = h("textarea", {
      required: true,
      maxlength: 4000,
      rows: 5,
      placeholder: t("reply.placeholder"),
    });
    const built = form({
      fields: field({
        name: "text",
        label: t("reply.label", { author }),
        hint: t("reply.hint", { author }),
        control,
      }),
      action: t("reply.do"),
      submit: ({ text }) => this.#send(id, text.trim()),
    });
    return h("section", { class: "card" }, built);
  }

  // The message is kept until it is stored, wherever one goes meanwhile.
  #send(bubble, text) {
    const { client_id } = session.client.reply(bubble, text);
    return new Promise((resolve, reject) => {
      this.#ends.push(
        session.client.on("sent", ({ item, sent }) => {
          if (item.client_id !== client_id) return;
          resolve();
          go(`/conversations/${sent.conversation}`, { replace: true });
        }),
        session.client.on("outbox", () => {
          const failed = session.client.outbox.find(
            (item) => item.client_id === client_id && item.state === "failed",
          );
          if (!failed) return;
          session.client.discard(client_id);
          reject(failed);
        }),
      );
    });
  }
}

customElements.define("samtale-bubble", OneBubble);
