// The talk: a waiting room, then each other, by video, voice or text, with text beside it all along.

import { Call } from "../call/call.js";
import { Devices } from "../call/devices.js";
import { fill, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import "../parts/call-ended.js";
import "../parts/call-room.js";
import "../parts/call-stage.js";
import { problem, waiting, wordsOf } from "../parts/states.js";
import { say } from "../parts/toast.js";
import "../parts/talk.js";

class CallView extends HTMLElement {
  #stage = h("section", { class: "call-stage" });
  #beside = h("section", { class: "call-beside" });
  #devices = new Devices();
  #shown = null; // "room", "talk" or "ended"
  #part = null;
  #clock = null;
  #extensions = 0;

  call = null;

  connectedCallback() {
    this.append(this.#stage, this.#beside);
    this.ready = this.#open();
  }

  disconnectedCallback() {
    document.body.classList.remove("calling");
    clearInterval(this.#clock);
    this.call?.close();
    this.#devices.stop();
  }

  get #id() {
    return this.route.params.id;
  }

  async #open() {
    fill(this.#stage, waiting());
    try {
      if (!session.inbox.loaded) await session.inbox.load();
      await session.inbox.open(this.#id);
      await this.#online();
      const me = session.inbox.conversations.me(this.#id).number;
      this.call = new Call({
        ...{ client: session.client, conversation: this.#id, me, devices: this.#devices },
        changed: () => this.#render(),
      });
      await this.call.look();
    } catch (error) {
      fill(
        this.#stage,
        problem(error, () => this.#open()),
      );
      return;
    }
    if (!this.isConnected) return;
    const talk = Object.assign(document.createElement("samtale-talk"), {
      talk: this.#id,
      beside: true,
    });
    this.#beside.setAttribute("aria-label", t("call.beside"));
    fill(this.#beside, talk);
    this.#clock = setInterval(() => this.#part?.tick?.(), 1_000);
    this.#render();
  }

  // Calls are signalled over the socket: one waits until it is there.
  #online() {
    const { client } = session;
    if (client.state === "online") return Promise.resolve();
    return new Promise((resolve) => {
      const end = client.on("state", ({ state }) => {
        if (state !== "online") return;
        end();
        resolve();
      });
    });
  }

  get #other() {
    return session.inbox.conversations.other(this.#id).alias;
  }

  #render() {
    const { call } = this;
    if (!this.isConnected || !call) return;
    const isOver = call.known?.state === "ended" && this.#shown === "talk";
    const shown = call.isIn ? "talk" : isOver || this.#shown === "ended" ? "ended" : "room";
    if (shown !== this.#shown) this.#show(shown);
    if (call.isIn && call.known.extensions > this.#extensions) say(t("call.more.done"));
    this.#extensions = call.known?.extensions ?? 0;
    this.#part.refresh();
  }

  #show(shown) {
    this.#shown = shown;
    this.dataset.phase = shown;
    document.body.classList.toggle("calling", shown === "talk");
    const names = { room: "call-room", talk: "call-stage", ended: "call-ended" };
    this.#part = Object.assign(document.createElement(`samtale-${names[shown]}`), {
      call: this.call,
      devices: this.#devices,
      other: this.#other,
      owner: this,
    });
    if (shown === "ended") this.#devices.stop();
    fill(this.#stage, this.#part);
    const heading = this.#part.querySelector("h1");
    if (shown === "room" || !heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  // --- what the parts ask for

  /** Goes in, by video, voice or text. */
  enter(medium) {
    this.#extensions = 0;
    return this.#try(() => this.call.enter(medium));
  }

  change(medium) {
    return this.#try(() => this.call.change(medium));
  }

  more(wants) {
    return this.#try(() => this.call.more(wants));
  }

  /** Ends it for all; a coordinator only leaves the others to themselves. */
  end() {
    const isThird = session.talk?.role === "coordinator";
    return this.#try(() => (isThird ? this.call.leave() : this.call.end()));
  }

  /** The name of one who takes part, by member number. */
  nameOf(number) {
    const { members } = session.inbox.conversations.get(this.#id);
    return members.find((one) => one.number === number)?.alias ?? t("role.coordinator");
  }

  again() {
    this.#shown = null;
    this.#show("room");
    this.#part.refresh();
  }

  write() {
    go(`/conversations/${this.#id}`);
  }

  async #try(action) {
    try {
      await action();
      return null;
    } catch (error) {
      say(wordsOf(error), "alarm");
      return error;
    }
  }
}

customElements.define("samtale-call", CallView);
