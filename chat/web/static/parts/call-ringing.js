// Somebody calls: said wherever one is on the site, until one answers, here or elsewhere, or it is over.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";

const RECENT_MS = 5 * 60_000; // longer than anything rings, with room for clocks that differ
const AT_MOST = 5; // conversations that are asked for; more have hardly been called in at once

class CallRinging extends HTMLElement {
  #call = null;
  #timer = null;
  #end = () => {};

  connectedCallback() {
    this.setAttribute("role", "status");
    const { client } = session;
    const ends = [
      client.on("event", ({ event, data }) => event === "call.changed" && this.#hear(data)),
      client.on("state", ({ state }) => state === "online" && this.#look()),
    ];
    this.#end = () => ends.forEach((end) => end());
    if (client.state === "online") this.#look();
  }

  disconnectedCallback() {
    this.#end();
    clearTimeout(this.#timer);
  }

  // What began to ring before this page was there, or while it was cut off, is asked for.
  async #look() {
    const { client, inbox } = session;
    if (!inbox.loaded) await inbox.load();
    const since = Date.now() - RECENT_MS;
    const recent = inbox.conversations.list.filter(
      ({ kind, closed, updated_at }) => !closed && updated_at > since && session.mayCall(kind),
    );
    for (const { id } of recent.slice(0, AT_MOST)) {
      const { call } = await client.command("call.get", { conversation: id }).catch(() => ({}));
      if (call) this.#hear(call);
    }
  }

  #hear(call) {
    const { conversations } = session.inbox;
    const me = conversations.me(call.conversation)?.number;
    const isMine = call.parties.some(({ member }) => member === me);
    const isHere = location.pathname.endsWith(`/${call.conversation}/call`);
    if (me && call.state === "ringing" && !isMine && !isHere) this.#ring(call);
    else if (this.#call?.id === call.id) this.#stop(call);
  }

  // Whoever was called and did not hear it, finds that out here.
  #stop(call) {
    this.#hush();
    if (!["unanswered", "cancelled"].includes(call.reason)) return;
    const id = call.conversation;
    const { alias: other } = session.inbox.conversations.other(id);
    const close = () => this.#hush();
    fill(
      this,
      icon("phone"),
      h("p", {}, t("call.missed", { other })),
      h(
        "a",
        { class: "button", href: `/conversations/${id}`, onclick: close },
        t("call.missed.see"),
      ),
      h("button", { class: "button second", type: "button", onclick: close }, t("close")),
    );
  }

  // Nothing rings for ever, whatever is heard of it.
  #ring(call) {
    this.#call = call;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hush(), call.expires_at - call.server_time);
    const other = session.inbox.conversations.other(call.conversation).alias;
    const answer = () => {
      this.#hush();
      go(`/conversations/${call.conversation}/call`);
    };
    const decline = () => {
      this.#hush();
      session.client.command("call.leave", { call: call.id }).catch(() => {});
    };
    const yes = h("button", { class: "button", type: "button", onclick: answer }, t("call.answer"));
    const no = { class: "button second", type: "button", onclick: decline };
    const words = h("p", {}, t("call.rings", { other }));
    fill(this, icon("phone"), words, yes, h("button", no, t("call.decline")));
    // One key answers; but nobody is interrupted who is writing.
    if (!document.activeElement?.matches("input, textarea, select")) yes.focus();
  }

  #hush() {
    clearTimeout(this.#timer);
    this.#call = null;
    fill(this);
  }
}

customElements.define("samtale-call-ringing", CallRinging);
