// The conversations: the list, and beside it (or on a phone instead of it) the one that is open.

import { fill, h } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { shortTime } from "../core/time.js";
import { bubbleMark } from "../parts/bubble-mark.js";
import { empty, problem, waiting, wordsOf } from "../parts/states.js";
import "../parts/talk.js";

class Talks extends HTMLElement {
  #head = h("div", { class: "talks-head" });
  #list = h("div", { class: "talk-list" });
  #pane = h("section", { class: "talk-pane" });
  #end = () => {};
  #due = false;

  connectedCallback() {
    this.append(h("section", { class: "talks-side" }, this.#head, this.#list), this.#pane);
    this.#end = session.onInbox(() => this.#soon());
    this.#list.addEventListener(
      "click",
      (event) => event.target.closest("[data-more]") && this.#more(),
    );
    this.take(this.route);
    this.#render();
    if (!session.inbox.loaded) session.inbox.load();
  }

  disconnectedCallback() {
    this.#end();
  }

  /** Shows another conversation, or none, in the same frame. */
  take(route) {
    const { id = null } = route.params;
    this.route = route;
    fill(this.#head, h(id ? "h2" : "h1", {}, t("talks.title")));
    this.classList.toggle("open", Boolean(id));
    if (id) {
      const talk = Object.assign(document.createElement("samtale-talk"), { talk: id });
      fill(this.#pane, talk);
      this.ready = talk.ready;
    } else {
      fill(
        this.#pane,
        empty({ symbol: "💬", title: t("talks.choose"), text: t("talks.choose.text") }),
      );
      this.ready = Promise.resolve();
    }
    this.#render();
    return true;
  }

  #soon() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (this.isConnected) this.#render();
    });
  }

  #render() {
    const { inbox } = session;
    const { list } = inbox.conversations;
    if (inbox.error && !inbox.loaded)
      fill(
        this.#list,
        problem(inbox.error, () => inbox.load()),
      );
    else if (!inbox.loaded) fill(this.#list, waiting());
    else if (!list.length) fill(this.#list, this.#none());
    else this.#rows(list, inbox.next);
  }

  #none() {
    const action = h("a", { class: "button", href: "/bubbles" }, t("talks.none.do"));
    return empty({ symbol: "🫧", title: t("talks.none"), text: t("talks.none.text"), action });
  }

  // The rows are few and change seldom; the one that has the focus keeps it.
  #rows(list, next) {
    const focused = this.#list.contains(document.activeElement)
      ? document.activeElement.getAttribute("href")
      : null;
    fill(
      this.#list,
      h(
        "ul",
        {},
        list.map((conversation) => this.#row(conversation)),
      ),
      next && h("button", { class: "button second", type: "button", "data-more": true }, t("more")),
    );
    if (focused)
      this.#list.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  #row({ id, origin, unread, last_message: last, updated_at: at }) {
    const { conversations } = session.inbox;
    const other = conversations.other(id);
    const mine = last && last.sender === conversations.me(id).number;
    const current = id === this.route.params.id;
    return h(
      "li",
      {},
      h(
        "a",
        {
          class: `talk-row ${unread ? "unread" : ""}`,
          href: `/conversations/${id}`,
          "aria-current": current ? "true" : null,
        },
        bubbleMark({ id: origin.id ?? id, symbol: origin.symbol }),
        h(
          "span",
          { class: "talk-row-words" },
          h("strong", {}, other.alias),
          h(
            "time",
            { datetime: new Date(at).toISOString() },
            shortTime(at, Date.now(), language(), t),
          ),
          h("span", { class: "origin" }, origin.title),
          h("span", { class: "last" }, mine && `${t("talk.you")}: `, this.#last(last)),
          unread > 0 &&
            h(
              "span",
              { class: "badge" },
              String(unread),
              h("span", { class: "seen-by-readers-only" }, ` ${t("talks.unread")}`),
            ),
        ),
      ),
    );
  }

  #last(message) {
    if (!message) return "";
    return message.deleted ? t("talk.deleted") : message.text;
  }

  async #more() {
    try {
      await session.inbox.loadMore();
    } catch (error) {
      this.#list.append(h("p", { class: "note alarm", role: "alert" }, wordsOf(error)));
    }
  }
}

customElements.define("samtale-talks", Talks);
