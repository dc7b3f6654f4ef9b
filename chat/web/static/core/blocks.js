// Whom one has blocked. The server marks no conversation, so that nobody learns of a block: which
// have fallen silent by one's own hand, this window remembers itself, while the block stands.

import { session } from "./session.js";

const KEPT_AS = "samtale.blocked";

class Blocks {
  #talks = new Map(JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "[]")); // conversation -> block
  #listeners = new Set();

  constructor() {
    session.client.on("event", ({ event }) => event === "blocks.changed" && this.#reload());
    session.client.on("resumed", (page) => page.blocks && this.#reload());
    session.client.on("resync", () => this.#reload());
    session.client.on("hello", () => this.#talks.size && this.#reload());
    session.onChange(() => session.account || this.#keep([]));
  }

  /** All of them, newest first. Throws SamtaleError. */
  async list() {
    const all = [];
    let before;
    do {
      const page = await session.client.call("block.list", { before });
      all.push(...page.blocks);
      before = page.next;
    } while (before);
    return all;
  }

  /** Blocks whoever `named` ({conversation} or {bubble}) means. Throws SamtaleError. */
  async create(named, conversation) {
    const { id } = await session.client.call("block.create", named);
    if (conversation) this.#keep([...this.#talks, [conversation, id]]);
    this.#tell();
  }

  /** Throws SamtaleError. */
  async lift(block) {
    await session.client.call("block.lift", { block });
    this.#keep([...this.#talks].filter(([, one]) => one !== block));
    this.#tell();
  }

  /** Whether a block of one's own is known to have ended a conversation. */
  silences(conversation) {
    return this.#talks.has(conversation);
  }

  /** Calls `listener` after every change; gives a function that ends it. */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // One may have been lifted on another device.
  async #reload() {
    if (this.#talks.size) {
      const standing = await this.list().catch(() => null); // the next change asks again
      const ids = new Set(standing?.map(({ id }) => id));
      if (standing) this.#keep([...this.#talks].filter(([, block]) => ids.has(block)));
    }
    this.#tell();
  }

  #keep(talks) {
    this.#talks = new Map(talks);
    if (this.#talks.size) sessionStorage.setItem(KEPT_AS, JSON.stringify([...this.#talks]));
    else sessionStorage.removeItem(KEPT_AS);
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}

export const blocks = new Blocks();
