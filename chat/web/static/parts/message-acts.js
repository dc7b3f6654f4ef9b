// Does what one asks of a message, and says when it did not work.

import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { confirmDialog } from "./confirm-dialog.js";
import { openMessageMenu } from "./message-menu.js";
import { wordsOf } from "./states.js";
import { say } from "./toast.js";

/** Of one conversation; `composer()` gives where one writes, or null when one cannot. */
export class MessageActs {
  #talk;
  #composer;

  constructor(talk, composer) {
    this.#talk = talk;
    this.#composer = composer;
  }

  menu(row, at) {
    if (document.querySelector("dialog[open]")) return; // a long press may be told of twice
    const copy = row.text && (() => this.#copy(row.text));
    const composer = this.#composer();
    const acts = composer && {
      reply: () => composer.reply(row),
      react: (kind, on) => this.react(row, kind, on),
      pin: (on) => this.#done(session.client.pin(this.#talk, row.seq, on)),
      edit: row.mine && (() => composer.edit(row)),
      remove: row.mine && (() => this.#remove(row)),
    };
    if (copy || acts) openMessageMenu({ row, at, acts: { ...acts, copy } });
  }

  react(row, kind, on) {
    if (this.#composer()) this.#done(session.client.react(this.#talk, row.seq, kind, on));
  }

  edit(seq, text) {
    this.#done(session.client.edit(this.#talk, seq, text));
  }

  async #remove(row) {
    const title = t("message.delete.title");
    const text = t("message.delete.text");
    if (!(await confirmDialog({ title, text, action: t("message.delete") }))) return;
    await this.#done(session.client.remove(this.#talk, row.seq));
  }

  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      say(t("message.copied"));
    } catch {
      say(t("message.not_copied"), "alarm");
    }
  }

  async #done(asked) {
    try {
      await asked;
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
  }
}
