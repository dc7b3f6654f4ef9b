// The foot of a conversation: where one writes or, when one cannot, a quiet line that says why.

import { blocks } from "../core/blocks.js";
import { fill, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import "./composer.js";

export class TalkFoot extends HTMLElement {
  #shown = null; // what stands there
  #ends = [];

  /** What the owner provides: what the composer asks for, and draft, what was begun. */
  owner = null;
  talk = "";
  other = "";
  closed = false;

  connectedCallback() {
    this.#show();
    const show = () => this.#show();
    this.#ends = [
      blocks.onChange(show),
      session.onChange(show),
      session.client.on("outbox", show),
    ];
  }

  disconnectedCallback() {
    for (const end of this.#ends) end();
  }

  /** Where one writes, or null when one cannot. */
  get composer() {
    return this.querySelector("samtale-composer");
  }

  /** Goes where one writes, or to the line that stands there. */
  focus() {
    this.firstElementChild.focus({ preventScroll: true });
  }

  /** Shows what may have changed: the conversation is closed, the draft is another. */
  refresh({ closed, draft }) {
    this.closed = closed;
    this.#show();
    this.composer?.follow(draft);
  }

  #show() {
    const why = this.#silence();
    const shown = why ?? "composer";
    if (shown === this.#shown) return;
    const wasHere = this.contains(document.activeElement);
    this.#shown = shown;
    fill(this, why === null ? this.#composer() : this.#line(why));
    if (wasHere) this.focus();
  }

  // A refused message says that it is closed; trying it again, or dropping it, opens the way again.
  #silence() {
    if (session.account?.state === "suspended") return t("state.suspended");
    if (blocks.silences(this.talk)) return t("block.silent", { alias: this.other });
    if (this.closed) return t("talk.closed");
    const refused = session.client.outbox.find(
      ({ conversation, code }) => conversation === this.talk && code === "conversation_closed",
    );
    return refused?.message ?? null;
  }

  #composer() {
    const { owner, other } = this;
    const { draft } = owner;
    return Object.assign(document.createElement("samtale-composer"), { owner, other, draft });
  }

  #line(words) {
    return h(
      "p",
      { class: "talk-closed", tabindex: "-1" },
      words,
      blocks.silences(this.talk) && [" ", h("a", { href: "/settings" }, t("block.undo"))],
    );
  }
}

customElements.define("samtale-talk-foot", TalkFoot);
