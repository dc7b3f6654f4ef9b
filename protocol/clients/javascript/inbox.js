// Keeps a person's conversations in step with the server: reads the snapshot, hears the client, and
// reads again what it has to. What a page shows is `conversations` and the client's outbox.

import { Conversations } from "./conversations.js";

const PAGE = 50;

export class Inbox {
  #client;
  #now;
  #listeners = new Set();
  #reads = 0; // answers under way
  #meanwhile = []; // changes heard while answers are under way: the answers may be older
  #catchingUp = false;
  #stop;

  conversations = new Conversations();
  loaded = false;
  error = null; // why the list could not be read
  next = null; // where the list reads on, null at its end

  constructor(client, { now = Date.now } = {}) {
    this.#client = client;
    this.#now = now;
    const ends = [
      client.on("event", (frame) => this.#heard(() => this.conversations.event(frame, now()))),
      client.on("resumed", (page) => this.#heard(() => this.conversations.resumed(page))),
      client.on("sent", ({ item, sent }) => this.#heard(() => this.conversations.sent(item, sent))),
      client.on("resync", () => this.load({ resync: true })),
      client.on("outbox", () => this.#changed()),
      client.on("state", ({ state }) => state === "online" && this.#catchUp()),
    ];
    this.#stop = () => ends.forEach((end) => end());
  }

  /** Ends it. */
  close() {
    this.#stop();
    this.#listeners.clear();
  }

  /** Calls `listener` after every change; gives a function that ends it. */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Reads a fresh snapshot, and again what is open and may have missed something, as everything has
   * on a `resync`. A failure stands in `error`.
   */
  async load({ resync = false } = {}) {
    try {
      const asked = this.#client.call("conversation.list", { limit: PAGE });
      await this.#read(asked, ({ conversations, next }) => {
        this.conversations.snapshot(conversations, { fresh: true });
        this.next = next;
        this.loaded = true;
        this.error = null;
      });
      for (const id of this.conversations.open) {
        if (resync || !this.conversations.isWhole(id)) await this.#openAnew(id);
      }
    } catch (error) {
      this.error = error;
      this.#changed();
    }
  }

  /** Reads on in the list. Throws SamtaleError. */
  async loadMore() {
    const asked = this.#client.call("conversation.list", { limit: PAGE, before: this.next });
    await this.#read(asked, ({ conversations, next }) => {
      this.conversations.snapshot(conversations);
      this.next = next;
    });
  }

  /** Reads a conversation and its newest entries, and keeps them in step. Throws SamtaleError. */
  async open(id) {
    if (!this.conversations.isOpen(id)) await this.#openAnew(id);
    // It was read before the socket was there, and a message came in between.
    if (!this.conversations.isWhole(id)) await this.#openAnew(id);
  }

  async #openAnew(id) {
    const asked = Promise.all([
      this.#client.call("conversation.get", { conversation: id }),
      this.#client.call("history.fetch", { conversation: id, limit: PAGE }),
    ]);
    await this.#read(asked, ([conversation, history]) => {
      this.conversations.put(conversation);
      this.conversations.close(id);
      this.conversations.history(id, history);
    });
  }

  /** Reads the entries before the oldest that is kept. Throws SamtaleError. */
  async older(id) {
    const [oldest] = this.conversations.entries(id);
    if (!oldest || !this.conversations.hasOlder(id)) return;
    const ask = { conversation: id, before: oldest.seq, limit: PAGE };
    await this.#read(this.#client.call("history.fetch", ask), (history) =>
      this.conversations.history(id, history),
    );
  }

  /** Marks everything that is known of a conversation as read. Throws SamtaleError. */
  async markRead(id) {
    const known = this.conversations.get(id);
    if (!known?.unread) return;
    const seq = known.last_seq;
    await this.#client.command("conversation.read", { conversation: id, seq });
    const data = { member: this.conversations.me(id).number, delivered_seq: seq, read_seq: seq };
    const moved = { event: "position.moved", conversation: id, data };
    this.#heard(() => this.conversations.event(moved, this.#now()));
  }

  async #read(asked, apply) {
    this.#reads += 1;
    try {
      apply(await asked);
      for (const change of this.#meanwhile) change();
    } finally {
      this.#reads -= 1;
      if (this.#reads === 0) this.#meanwhile = [];
    }
    this.#changed();
  }

  #heard(change) {
    if (this.#reads > 0) this.#meanwhile.push(change);
    change();
    this.#changed();
    this.#catchUp();
  }

  // Reads what is not known well enough, one at a time.
  async #catchUp() {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    if (!this.loaded) await this.load();
    for (const id of this.conversations.unknown) await this.#readOne(id);
    this.#catchingUp = false;
  }

  async #readOne(id) {
    this.conversations.unknown.delete(id);
    try {
      const asked = this.#client.call("conversation.get", { conversation: id });
      await this.#read(asked, (conversation) => this.conversations.put(conversation));
    } catch (error) {
      // What may not be seen any more is left out; what could not be read is read later.
      if (error.then === "retry") this.#later(id);
    }
  }

  #later(id) {
    const end = this.#client.on("state", ({ state }) => {
      if (state !== "online") return;
      end();
      this.conversations.unknown.add(id);
      this.#catchUp();
    });
  }

  #changed() {
    for (const listener of this.#listeners) listener();
  }
}
