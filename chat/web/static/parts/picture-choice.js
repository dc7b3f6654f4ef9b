// The picture that goes with the next message: chosen, on its way to the server, there, or stuck.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { drawn, readyToSend } from "../core/shrink.js";
import { upload } from "../core/upload.js";
import { wordsOf } from "./states.js";

const PREVIEW_PX = 144;

export class PictureChoice extends HTMLElement {
  #chosen = null; // { blob, bitmap }
  #sent = null; // what the server calls it
  #abort = null;
  #progress = h("progress", { max: 1, value: 0 });
  #told = h("p", { role: "status" });

  /** What the owner provides: it is called after every change. */
  changed = () => {};

  connectedCallback() {
    this.classList.add("picture-choice");
    this.hidden = this.#chosen === null;
  }

  disconnectedCallback() {
    this.#abort?.abort();
  }

  /** none, going, stuck or there */
  get state() {
    if (!this.#chosen) return "none";
    if (this.#sent) return "there";
    return this.#abort ? "going" : "stuck";
  }

  /** What the server has: { id, width, height }. */
  get picture() {
    return this.#sent;
  }

  /** Takes a file, and sends it at once. */
  async choose(file) {
    this.clear();
    try {
      this.#chosen = await readyToSend(file);
    } catch {
      this.hidden = false;
      this.#show(h("p", { class: "stuck", role: "alert" }, t("picture.unreadable")));
      return;
    }
    await this.#send();
  }

  /** Lets go of it. */
  clear() {
    this.#abort?.abort();
    this.#chosen = this.#sent = this.#abort = null;
    this.hidden = true;
    fill(this);
    this.changed();
  }

  async #send() {
    const chosen = this.#chosen;
    const abort = (this.#abort = new AbortController());
    this.hidden = false;
    this.#tell(0);
    this.#show(this.#progress, this.#told);
    this.changed();
    try {
      const progress = (share) => this.#tell(share);
      const sent = await upload(chosen.blob, { progress, signal: abort.signal });
      if (this.#chosen !== chosen) return;
      this.#sent = sent;
      this.#show(h("p", { role: "status" }, icon("check"), t("picture.ready")));
    } catch (error) {
      if (this.#chosen !== chosen) return;
      this.#abort = null;
      this.#show(this.#stuck(error));
    }
    this.changed();
  }

  #tell(share) {
    this.#progress.value = share;
    this.#told.textContent = t("picture.going", { percent: Math.round(share * 100) });
  }

  // The same picture again is the same one to the server: nothing is stored twice.
  #stuck(error) {
    const again = () => this.#send();
    return h(
      "div",
      { class: "stuck" },
      h("p", { role: "alert" }, `${t("picture.stuck")} ${wordsOf(error)}`),
      h("button", { class: "button second", type: "button", onclick: again }, t("again")),
    );
  }

  #show(...state) {
    this.#progress.setAttribute("aria-label", t("picture.progress"));
    const remove = {
      class: "round",
      type: "button",
      "aria-label": t("picture.remove"),
      title: t("picture.remove"),
      onclick: () => this.clear(),
    };
    fill(
      this,
      this.#chosen && this.#preview(),
      h("div", { class: "picture-state" }, state),
      h("button", remove, icon("close")),
    );
  }

  #preview() {
    const { bitmap } = this.#chosen;
    const scale = Math.min(1, PREVIEW_PX / Math.max(bitmap.width, bitmap.height));
    const canvas = drawn(bitmap, bitmap.width * scale, bitmap.height * scale);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", t("picture.chosen"));
    return canvas;
  }
}

customElements.define("samtale-picture-choice", PictureChoice);
