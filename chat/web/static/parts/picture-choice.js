// The picture that goes with the next message: chosen, on its way to the server, there, or stuck; and
// what it shows, in words, if whoever sends it writes some.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { drawn, readyToSend } from "../core/shrink.js";
import { upload } from "../core/upload.js";
import { wordsOf } from "./states.js";

const PREVIEW_PX = 144;
const LONGEST_DESCRIPTION = 300;

export class PictureChoice extends HTMLElement {
  #chosen = null; // { blob, bitmap }
  #sent = null; // what the server calls it
  #abort = null;
  #progress = h("progress", { max: 1, value: 0 });
  #told = h("p", { role: "status" });
  #state = h("div", { class: "picture-state" });
  #words = h("textarea", {
    rows: 2,
    maxlength: LONGEST_DESCRIPTION,
    autocapitalize: "sentences",
    "aria-describedby": "picture-describe-hint",
  });

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

  /** What the server has: { id, width, height }, with a description if one was written. */
  get picture() {
    const description = this.#words.value.trim().replace(/\s+/gu, " ");
    return this.#sent && description ? { ...this.#sent, description } : this.#sent;
  }

  /** Takes a file, and sends it at once. */
  async choose(file) {
    this.clear();
    try {
      this.#chosen = await readyToSend(file);
    } catch {
      this.#open();
      fill(this.#state, h("p", { class: "stuck", role: "alert" }, t("picture.unreadable")));
      return;
    }
    this.#open();
    await this.#send();
  }

  /** Lets go of it. */
  clear() {
    this.#abort?.abort();
    this.#chosen = this.#sent = this.#abort = null;
    this.#words.value = "";
    this.hidden = true;
    fill(this);
    this.changed();
  }

  async #send() {
    const chosen = this.#chosen;
    const abort = (this.#abort = new AbortController());
    this.#tell(0);
    fill(this.#state, this.#progress, this.#told);
    this.changed();
    try {
      const progress = (share) => this.#tell(share);
      const sent = await upload(chosen.blob, { progress, signal: abort.signal });
      if (this.#chosen !== chosen) return;
      this.#sent = sent;
      fill(this.#state, h("p", { role: "status" }, icon("check"), t("picture.ready")));
    } catch (error) {
      if (this.#chosen !== chosen) return;
      this.#abort = null;
      fill(this.#state, this.#stuck(error));
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

  // Only its state changes after this, so that whoever writes about it is not interrupted.
  #open() {
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
      this.#state,
      h("button", remove, icon("close")),
      this.#chosen && this.#description(),
    );
    this.hidden = false;
  }

  #description() {
    const hint = { class: "hint", id: "picture-describe-hint" };
    return h(
      "div",
      { class: "picture-words" },
      h("label", {}, t("picture.describe"), this.#words),
      h("p", hint, t("picture.describe.hint")),
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
