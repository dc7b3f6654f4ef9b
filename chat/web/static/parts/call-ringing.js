// Somebody calls: said wherever one is on the site, until one answers, here or elsewhere, or it is over.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";

class CallRinging extends HTMLElement {
  #call = null;
  #timer = null;
  #end = () => {};

  connectedCallback() {
    this.setAttribute("role", "status");
    this.#end = session.client.on("event", (frame) => {
      if (frame.event === "call.changed") this.#hear(frame.data);
    });
  }

  disconnectedCallback() {
    this.#end();
    clearTimeout(this.#timer);
  }

  #hear(call) {
    const { conversations } = session.inbox;
    const me = conversations.me(call.conversation)?.number;
    const isMine = call.parties.some(({ member }) => member === me);
    const isHere = location.pathname.endsWith(`/${call.conversation}/call`);
    if (me && call.state === "ringing" && !isMine && !isHere) this.#ring(call);
    else if (this.#call?.id === call.id) this.#hush();
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
    fill(
      this,
      icon("phone"),
      h("p", {}, t("call.rings", { other })),
      h("button", { class: "button", type: "button", onclick: answer }, t("call.answer")),
      h("button", { class: "button second", type: "button", onclick: decline }, t("call.decline")),
    );
  }

  #hush() {
    clearTimeout(this.#timer);
    this.#call = null;
    fill(this);
  }
}

customElements.define("samtale-call-ringing", CallRinging);
