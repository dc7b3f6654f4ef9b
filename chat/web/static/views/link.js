// The link of a talk: whoever has it is let in, at any device, and needs no account.

import { fill, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { clock } from "../core/time.js";
import { empty, problem, waiting } from "../parts/states.js";

const LOOK_MS = 5_000;

class Link extends HTMLElement {
  #timer = null;

  connectedCallback() {
    this.ready = this.#enter();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  async #enter() {
    fill(this, waiting());
    try {
      await session.takeSeat(this.route.params.token);
      await import("./members.js");
    } catch (error) {
      const again = () => this.#enter();
      fill(this, error.code === "link_expired" ? expired() : problem(error, again));
      return;
    }
    this.#show();
  }

  #show() {
    const { talk } = session;
    if (!this.isConnected) return;
    if (talk.conversation) this.#open(talk.conversation);
    else if (talk.ended_at || talk.erased_at) fill(this, expired());
    else this.#wait(talk);
  }

  // Early is fine: the doors open by themselves.
  #wait(talk) {
    const at = clock(talk.starts_at);
    fill(this, empty({ symbol: "☕", level: "h1", title: t("link.early"), text: t("link.early.text", { at }) }));
    this.#timer = setTimeout(async () => {
      try {
        session.talk = await session.client.call("talk.get", { talk: talk.id });
        if (session.talk.server_time >= session.talk.doors_at)
          session.talk = await session.client.call("talk.arrive", { talk: talk.id });
      } catch {
        // The next look will tell.
      }
      this.#show();
    }, LOOK_MS);
  }

  #open(id) {
    const route = { ...this.route, params: { id } };
    fill(this, Object.assign(document.createElement("samtale-call"), { route }));
  }
}

const expired = () =>
  empty({
    symbol: "🌧️",
    level: "h1",
    title: t("link.expired"),
    text: t("link.expired.text"),
    action: h(
      "div",
      { class: "row-of-buttons" },
      h("a", { class: "button", href: "/talks", target: "_top" }, t("link.expired.next")),
      h("a", { class: "button second", href: "/", target: "_top" }, t("nowhere.home")),
    ),
  });

customElements.define("samtale-link", Link);
