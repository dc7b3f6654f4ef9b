// One conversation: who it is with, what has been said, and where to write.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { rowsOf } from "../core/stream-rows.js";
import { bubbleMark } from "./bubble-mark.js";
import { openCrisisCard } from "./crisis-card.js";
import { moreMenu } from "./more-menu.js";
import { problem, waiting } from "./states.js";
import "./stream.js";
import "./talk-foot.js";

export class Talk extends HTMLElement {
  #ends = [];
  #stream = null;
  #due = false; // a rendering is on its way
  #typingTimer = null;
  #marking = false; // a read mark is on its way

  /** The conversation's id. */
  talk = "";

  connectedCallback() {
    this.ready = this.#open();
  }

  disconnectedCallback() {
    clearTimeout(this.#typingTimer);
    for (const end of this.#ends) end();
    this.#inbox.conversations.close(this.talk);
  }

  get #inbox() {
    return session.inbox;
  }

  async #open() {
    fill(this, waiting());
    try {
      await this.#inbox.open(this.talk);
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#open()),
      );
      return;
    }
    if (!this.isConnected) return;
    this.#build();
    this.#render();
    const seen = () => this.seen();
    document.addEventListener("visibilitychange", seen);
    this.#ends = [
      this.#inbox.onChange(() => this.#soon()),
      session.client.on("state", () => this.seen()),
      () => document.removeEventListener("visibilitychange", seen),
      keepInView(this),
    ];
  }

  #build() {
    const { origin, closed } = this.#known;
    const other = this.#other.alias;
    this.#stream = Object.assign(document.createElement("samtale-stream"), { owner: this });
    const foot = Object.assign(document.createElement("samtale-talk-foot"), {
      owner: this,
      talk: this.talk,
      other,
      closed,
    });
    const from = h("span", { class: "meta" }, origin.title);
    fill(
      this,
      h(
        "header",
        { class: "talk-head" },
        h(
          "a",
          { class: "round talk-back", href: "/inbox", "aria-label": t("talk.back") },
          icon("back"),
        ),
        bubbleMark({ id: origin.id ?? this.talk, symbol: origin.symbol }, "small"),
        h(
          "div",
          { class: "talk-who" },
          h("h1", {}, other),
          origin.id
            ? h("a", { class: "talk-from", href: `/bubbles/${origin.id}` }, origin.title)
            : from,
        ),
        h(
          "button",
          {
            class: "round",
            type: "button",
            "aria-label": t("crisis.open"),
            title: t("crisis.open"),
            onclick: openCrisisCard,
          },
          icon("care"),
        ),
        moreMenu({
          alias: other,
          named: { conversation: this.talk },
          conversation: this.talk,
          done: () => foot.focus(),
        }),
      ),
      this.#stream,
      foot,
    );
    if (!closed && matchMedia("(hover: hover) and (pointer: fine)").matches) foot.focus();
  }

  get #known() {
    return this.#inbox.conversations.get(this.talk);
  }

  get #other() {
    return this.#inbox.conversations.other(this.talk);
  }

  // Many changes in one moment are drawn once.
  #soon() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (this.isConnected && this.#inbox.conversations.isOpen(this.talk)) this.#render();
    });
  }

  #render() {
    const { conversations } = this.#inbox;
    const now = Date.now();
    const unsent = session.client.outbox.filter(({ conversation }) => conversation === this.talk);
    const rows = rowsOf({
      entries: conversations.entries(this.talk),
      unsent,
      me: conversations.me(this.talk),
      other: this.#other,
    });
    this.#stream.show(rows, {
      typing: conversations.isTyping(this.talk, now),
      other: this.#other.alias,
    });
    clearTimeout(this.#typingTimer);
    const until = conversations.typingUntil(this.talk, now);
    if (until !== Infinity) this.#typingTimer = setTimeout(() => this.#soon(), until - now + 1);
    this.seen();
  }

  // --- what the stream and the composer ask for

  hasOlder() {
    return this.#inbox.conversations.hasOlder(this.talk);
  }

  older() {
    return this.#inbox.older(this.talk);
  }

  send(text) {
    session.client.send(this.talk, text);
  }

  retry(key) {
    session.client.retry(key);
  }

  discard(key) {
    session.client.discard(key);
  }

  /** Only what has been before somebody's eyes counts as read. */
  async seen() {
    const canSee = document.visibilityState === "visible" && this.#stream?.atFoot;
    const canSay = session.client.state === "online" && !this.#marking;
    if (!canSee || !canSay || !this.#known?.unread) return;
    this.#marking = true;
    await this.#inbox.markRead(this.talk).catch(ignored);
    this.#marking = false;
  }

  async typing() {
    if (session.client.state === "online") {
      await session.client.command("typing.start", { conversation: this.talk }).catch(ignored);
    }
  }
}

// A lost read mark or typing sign is made good by the next one.
function ignored() {}

/** Over an on-screen keyboard the conversation is as high as what can be seen. */
function keepInView(element) {
  const { visualViewport: seen } = globalThis;
  if (!seen) return () => {};
  const fit = () => element.style.setProperty("--seen", `${seen.height}px`);
  seen.addEventListener("resize", fit);
  fit();
  return () => seen.removeEventListener("resize", fit);
}

customElements.define("samtale-talk", Talk);
