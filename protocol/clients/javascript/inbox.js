// Keeps a person's conversations in step with the server: reads the snapshot, hears the client, and
// reads again what it has to. What a page shows is `conversations` and the client's outbox.

import { Arrivals } from "./arrivals.js";
import { expected } from "./changes.js";
import { Conversations } from "./conversations.js";

const DELIVERED = "conversation.delivered";
const PAGE = 50;

export class Inbox {
  #client;
  #now;
  #listeners = new Set();
  #reads = 0; // answers under way
  #meanwhile = []; // changes heard while answers are under way: the answers may be older
  #catchingUp = false;
  #arrivals = new Arrivals();
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
      client.on("presence", (presences) => this.#heard(() => this.conversations.watched(presences))),
      client.on("unheard", ({ command }) => command === DELIVERED && this.#doubt()),
      client.on("resync", () => this.load({ resync: true })),
      client.on("outbox", () => this.#changed()),
      client.on("state", ({ state }) => this.#connected(state === "online")),
    ];
    this.#stop = () => ends.forEach((end) => end());
  }

  /** In how many conversations it is still to be told that messages have arrived. */
  get untold() {
    return this.conversations.arrived.size + this.#arrivals.size;
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

  /**
   * Reads a conversation and its newest entries, or those around a seq or from a moment on, and keeps
   * them in step. What is kept already is left as it is if no place is asked for. Throws SamtaleError.
   */
  async open(id, { around, since } = {}) {
    const place = { around, since };
    const isElsewhere = around !== undefined || since !== undefined;
    if (isElsewhere || !this.conversations.isOpen(id)) await this.#openAnew(id, place);
    // It was read before the socket was there, and a message came in between.
    if (!this.conversations.isWhole(id)) await this.#openAnew(id, place);
  }

  /** Reads the newest entries instead of those kept. Throws SamtaleError. */
  async newest(id) {
    if (this.conversations.hasNewer(id)) await this.#openAnew(id);
  }

  async #openAnew(id, { around, since } = {}) {
    const asked = Promise.all([
      this.#client.call("conversation.get", { conversation: id }),
      this.#client.call("history.fetch", { conversation: id, around, since, limit: PAGE }),
    ]);
    await this.#read(asked, ([conversation, history]) => {
      this.conversations.put(conversation);
      this.conversations.close(id);
      const isElsewhere = around !== undefined || since !== undefined;
      this.conversations.history(id, history, isElsewhere ? "around" : "older");
    });
  }

  /** Reads the entries before the oldest that is kept. Throws SamtaleError. */
  async older(id) {
    const [oldest] = this.conversations.entries(id);
    if (!oldest || !this.conversations.hasOlder(id)) return;
    await this.#more(id, { before: oldest.seq }, "older");
  }

  /** Reads the entries after the newest that is kept. Throws SamtaleError. */
  async newer(id) {
    const newest = this.conversations.entries(id).at(-1);
    if (!newest || !this.conversations.hasNewer(id)) return;
    await this.#more(id, { after: newest.seq }, "newer");
  }

  async #more(id, place, direction) {
    const ask = { conversation: id, ...place, limit: PAGE };
    await this.#read(this.#client.call("history.fetch", ask), (history) => {
      if (this.conversations.isOpen(id)) this.conversations.history(id, history, direction);
    });
  }

  /** The entries kept, with one's own changes that are under way in place already. */
  entries(id) {
    const changes = this.#client.changes.filter(({ conversation }) => conversation === id);
    const entries = this.conversations.entries(id);
    if (!changes.length) return entries;
    const me = this.conversations.me(id)?.number;
    return entries.map((entry) => {
      const mine = changes.filter(({ seq }) => seq === entry.seq);
      if (!entry.message || !mine.length) return entry;
      const now = mine.reduce((message, change) => expected(message, change, me), entry.message);
      return { ...entry, message: now };
    });
  }

  /** Marks a conversation as read, up to a seq or else all that is known. Throws SamtaleError. */
  async markRead(id, upTo = Infinity) {
    const known = this.conversations.get(id);
    if (!known?.unread && !known?.own?.marked_unread) return;
    const seq = Math.min(upTo, known.last_seq);
    await this.#client.command("conversation.read", { conversation: id, seq });
    this.#marked(id, { delivered_seq: seq, read_seq: seq });
  }

  // The socket that moves a mark gets no event of it.
  #marked(id, marks) {
    const me = this.conversations.me(id);
    if (!me) return;
    const data = { member: me.number, ...marks };
    const moved = { event: "position.moved", conversation: id, data };
    this.#heard(() => this.conversations.event(moved, this.#now()));
  }

  // Tells of what has arrived; what cannot be told now is told once there is a connection again.
  #tellArrived() {
    if (this.#client.state !== "online") return;
    const { arrived } = this.conversations;
    for (const [id, seq] of arrived) this.#arrivals.add(id, seq);
    arrived.clear();
    for (const mark of this.#arrivals.ready(this.#client.maySayQuietly)) this.#tellOf(mark);
  }

  async #tellOf({ conversation, seq, quietly }) {
    const said = { conversation, seq };
    try {
      if (quietly) await this.#client.say(DELIVERED, said);
      else await this.#client.command(DELIVERED, said);
    } catch (error) {
      this.#arrivals.settled(said, { again: error.then === "retry" });
      return;
    }
    if (!quietly) this.#arrivals.settled(said);
    this.#marked(conversation, { delivered_seq: seq, read_seq: 0 });
  }

  // What was told quietly may not have been heard.
  #doubt() {
    this.#arrivals.doubt();
    this.#tellArrived();
  }

  #connected(isOnline) {
    if (isOnline) {
      this.#tellArrived();
      this.#catchUp();
    } else {
      this.#arrivals.doubt();
      this.conversations.blind();
      this.#changed();
    }
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
    this.#tellArrived();
  }

  #heard(change) {
    if (this.#reads > 0) this.#meanwhile.push(change);
    change();
    this.#changed();
    this.#tellArrived();
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
      const isTorn = this.conversations.isOpen(id) && !this.conversations.isWhole(id);
      if (isTorn) await this.#openAnew(id);
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
