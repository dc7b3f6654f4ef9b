// Where one writes: grows with the text, sends with Enter where there is a keyboard, keeps what was
// begun, and carries what the message answers, or a picture.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { KINDS } from "../core/shrink.js";
import { gist } from "./message.js";
import { say } from "./toast.js";
import "./picture-choice.js";

const LONGEST = 4000;
const WRITING_MS = 5_000; // so long after a key one counts as writing here
const THINKING_MS = 4_000; // so often a moment to think is asked for again: it lasts six seconds
const LONGEST_THOUGHT_MS = 120_000;

export class Composer extends HTMLElement {
  #text = h("textarea", {
    rows: 1,
    maxlength: LONGEST,
    enterkeyhint: "enter",
    autocapitalize: "sentences",
  });
  #button = h("button", { class: "round send", type: "submit" }, icon("send"));
  #left = h("span", { class: "counter" });
  #about = h("div", { class: "composer-about", hidden: true });
  #choice = document.createElement("samtale-picture-choice");
  #file = h("input", { type: "file", accept: KINDS.join(","), hidden: true });
  #thinking = h("button", { class: "tool", type: "button", "aria-pressed": "false" });
  #thoughts = 0; // the timer of a moment to think
  #answered = null; // the row that is answered
  #edited = null; // the row that is edited, and what was being written instead
  #typedAt = 0;
  #draft = ""; // as the server had it last

  /**
   * What the owner provides: send(text, { replyTo, picture }), edit(seq, text), doing("writing",
   * "thinking" or null), keep(draft). `other` is written to; `draft` is what was begun.
   */
  owner = null;
  other = "";
  draft = "";

  connectedCallback() {
    this.#name();
    this.#draft = this.draft;
    this.#text.value = this.draft;
    const attach = { class: "tool", type: "button", onclick: () => this.#file.click() };
    const form = h(
      "form",
      { class: "composer" },
      this.#about,
      this.#choice,
      h(
        "div",
        { class: "composer-row" },
        h("div", { class: "composer-box" }, this.#text, this.#left),
        this.#button,
      ),
      h(
        "div",
        { class: "composer-tools" },
        h("button", attach, icon("picture"), t("picture.choose")),
        this.#thinking,
        this.#file,
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#listen();
    this.append(form);
    this.#fit();
  }

  disconnectedCallback() {
    this.#stopThinking();
    if (this.#text.value && !this.#edited) this.owner.doing(null);
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** The next message answers this one. */
  reply(row) {
    this.#leaveEdit();
    this.#answered = row;
    this.#showAbout();
    this.focus();
  }

  /** One's own message gets another text. */
  edit(row) {
    this.#answered = null;
    this.#edited = { row, instead: this.#edited?.instead ?? this.#text.value };
    this.#write(row.text);
    this.#showAbout();
    this.focus();
  }

  /** A file was dropped on the conversation. */
  takePicture(file) {
    if (file?.type.startsWith("image/")) this.#choice.choose(file);
  }

  /** What was begun on another device stands here too, unless one is writing here. */
  follow(draft) {
    const isNews = draft !== this.#draft;
    this.#draft = draft;
    const isWriting = this.#edited || Date.now() - this.#typedAt < WRITING_MS;
    if (isNews && !isWriting && draft !== this.#text.value) this.#write(draft);
  }

  #name() {
    const words = t("talk.write", { other: this.other });
    this.#text.setAttribute("aria-label", words);
    this.#text.placeholder = words;
    this.#button.setAttribute("aria-label", t("talk.send"));
    this.#file.setAttribute("aria-label", t("picture.choose"));
    fill(this.#thinking, icon("thought"), t("talk.think"));
    this.#thinking.title = t("talk.think.hint", { other: this.other });
  }

  #listen() {
    this.#choice.changed = () => this.#showButton();
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.addEventListener("paste", (event) => {
      const { files, types } = event.clipboardData;
      const [file] = files;
      if (!file || types.includes("text/plain")) return; // words with a picture of themselves
      event.preventDefault();
      this.takePicture(file);
    });
    this.#file.addEventListener("change", () => {
      this.takePicture(this.#file.files[0]);
      this.#file.value = "";
    });
    this.#thinking.addEventListener("click", () => {
      if (this.#thoughts) this.#stopThinking({ say: true });
      else this.#think(Date.now() + LONGEST_THOUGHT_MS);
    });
  }

  #key(event) {
    if (event.key === "Escape" && (this.#edited || this.#answered)) {
      event.preventDefault();
      this.#dropAbout();
      return;
    }
    const byKeyboard = matchMedia("(hover: hover) and (pointer: fine)").matches;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !byKeyboard) return;
    event.preventDefault();
    this.#send();
  }

  #typed() {
    this.#stopThinking();
    this.#typedAt = Date.now();
    this.#fit();
    if (this.#edited) return;
    this.owner.keep(this.#text.value);
    this.owner.doing(this.#text.value ? "writing" : null);
  }

  #send() {
    const text = this.#text.value.trim();
    const { state, picture } = this.#choice;
    if (state === "going" || state === "stuck") {
      say(t(state === "going" ? "picture.wait" : "picture.decide"), "alarm");
      return;
    }
    if (!text && !picture) return;
    this.#stopThinking();
    if (this.#edited) {
      const { row } = this.#edited;
      if (text && text !== row.text) this.owner.edit(row.seq, text);
      this.#dropAbout();
      return;
    }
    const replyTo = this.#answered?.seq;
    this.#typedAt = Date.now();
    this.#write("");
    this.owner.keep("");
    this.#choice.clear();
    this.#dropAbout();
    this.owner.send(text, { replyTo, picture });
    this.focus();
  }

  // --- a moment to think

  #think(until) {
    this.#thinking.setAttribute("aria-pressed", "true");
    this.owner.doing("thinking");
    this.#thoughts = setTimeout(() => {
      if (Date.now() < until) this.#think(until);
      else this.#stopThinking();
    }, THINKING_MS);
  }

  #stopThinking({ say: told = false } = {}) {
    if (!this.#thoughts) return;
    clearTimeout(this.#thoughts);
    this.#thoughts = 0;
    this.#thinking.setAttribute("aria-pressed", "false");
    if (told) this.owner.doing(null);
  }

  // --- what the message is about

  #showAbout() {
    const row = this.#answered ?? this.#edited?.row;
    this.#about.hidden = !row;
    this.classList.toggle("edits", Boolean(this.#edited));
    this.#showButton();
    if (!row) return;
    const who = row.mine ? t("composer.answers.own") : t("composer.answers", { other: this.other });
    const title = this.#edited ? t("composer.edits") : who;
    const drop = {
      class: "round",
      type: "button",
      "aria-label": t("cancel"),
      title: t("cancel"),
      onclick: () => {
        this.#dropAbout();
        this.focus();
      },
    };
    fill(
      this.#about,
      icon(this.#edited ? "pen" : "reply"),
      h("p", {}, h("strong", {}, title), h("span", {}, gist(row))),
      h("button", drop, icon("close")),
    );
  }

  #dropAbout() {
    this.#answered = null;
    this.#leaveEdit();
    this.#showAbout();
  }

  #leaveEdit() {
    if (!this.#edited) return;
    this.#write(this.#edited.instead);
    this.#edited = null;
  }

  #showButton() {
    const { state } = this.#choice;
    this.#button.setAttribute("aria-label", t(this.#edited ? "save" : "talk.send"));
    fill(this.#button, icon(this.#edited ? "check" : "send"));
    this.#button.setAttribute("aria-busy", String(state === "going"));
  }

  #write(text) {
    this.#text.value = text;
    this.#fit();
  }

  #fit() {
    const left = LONGEST - this.#text.value.length;
    this.#left.textContent = left < 300 ? t("left", { count: left }) : "";
    if (CSS.supports("field-sizing", "content")) return;
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + 4}px`;
  }
}

customElements.define("samtale-composer", Composer);
