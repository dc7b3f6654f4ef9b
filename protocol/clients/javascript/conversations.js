// One person's conversations as they are known here: a snapshot, and everything that came since.
// Snapshot + events == a fresh snapshot. No I/O and no clock.
//
// Entries are kept only for conversations that are open on screen; they merge by seq, so that what
// comes twice (live, by resume, in history, as an ack) stands once.

const TYPING_MS = 6_000;

export class Conversations {
  #known = new Map(); // id -> Conversation
  #open = new Map(); // id -> { entries: Map of seq -> Entry, more: older ones exist }
  #typing = new Map(); // id -> until when the other is writing

  /** Ids that are to be read whole (`conversation.get`), because what is known is not enough. */
  unknown = new Set();

  /** The conversations, the latest changed first. */
  get list() {
    return [...this.#known.values()].sort((a, b) => b.updated_at - a.updated_at);
  }

  get(id) {
    return this.#known.get(id);
  }

  /** How many messages are unread, in all. */
  get unread() {
    return this.list.reduce((sum, conversation) => sum + conversation.unread, 0);
  }

  /** One's own membership. */
  me(id) {
    return this.#known.get(id)?.members.find((member) => member.me);
  }

  /** The other one's membership. */
  other(id) {
    return this.#known.get(id)?.members.find((member) => !member.me);
  }

  /** A page of the list. The first page of a fresh snapshot replaces the list. */
  snapshot(conversations, { fresh = false } = {}) {
    if (fresh) {
      this.#known.clear();
      this.unknown.clear();
    }
    for (const conversation of conversations) this.put(conversation);
  }

  /** One conversation, read whole. What came since it was read stays. */
  put(conversation) {
    this.unknown.delete(conversation.id);
    const known = this.#known.get(conversation.id);
    if (!known || known.last_seq <= conversation.last_seq) {
      this.#known.set(conversation.id, conversation);
    }
  }

  /** The ids of those whose entries are kept here. */
  get open() {
    return [...this.#open.keys()];
  }

  isOpen(id) {
    return this.#open.has(id);
  }

  /** Whether what is kept reaches to the newest entry without a hole (numbers have none, G4). */
  isWhole(id) {
    const seqs = this.entries(id).map(({ seq }) => seq);
    const newest = this.#known.get(id)?.last_seq;
    return seqs.at(-1) === newest && newest - seqs[0] === seqs.length - 1;
  }

  close(id) {
    this.#open.delete(id);
  }

  /** The entries kept, in rising order. */
  entries(id) {
    const kept = this.#open.get(id)?.entries ?? new Map();
    return [...kept.values()].sort((a, b) => a.seq - b.seq);
  }

  hasOlder(id) {
    return this.#open.get(id)?.more ?? false;
  }

  /** A page of history: the newest entries, or those before the oldest that is kept. */
  history(id, { entries, more }) {
    const kept = this.#open.get(id) ?? { entries: new Map(), more: false };
    for (const entry of entries) kept.entries.set(entry.seq, entry);
    kept.more = more;
    this.#open.set(id, kept);
  }

  /** A live event frame, at `now`. */
  event(frame, now) {
    const { event, conversation: id, data, seq } = frame;
    if (event === "message.created") {
      this.#typing.delete(id);
      this.#entry(id, { seq, kind: "message", at: data.sent_at, message: data });
    } else if (event === "origin.closed") {
      this.#entry(id, { seq, kind: "origin_closed", at: data.at });
    } else if (event === "position.moved") this.#position(id, data);
    else if (event === "typing.started") this.#typing.set(id, now + TYPING_MS);
  }

  /** A page of what was missed. */
  resumed({ conversations }) {
    for (const { conversation: id, entries, positions, opened = false, ...now } of conversations) {
      const known = this.#known.get(id);
      for (const entry of entries) this.#entry(id, entry);
      for (const position of positions) this.#position(id, position);
      // What came live while the page was being read is newer than the page.
      if (!known || opened || known.last_seq > now.last_seq) {
        this.unknown.add(id);
        continue;
      }
      const { last_seq, last_ordinal, unread } = now;
      // The rest of it comes with a later page.
      if (this.#known.get(id).last_seq < last_seq) continue;
      this.#update(id, { last_seq, last_ordinal, unread });
      this.unknown.delete(id);
    }
  }

  /** The ack of a message that this device sent: the event goes to the other devices only. */
  sent({ client_id, text }, { conversation: id, seq, ordinal, sent_at }) {
    const me = this.me(id);
    if (!me) {
      this.unknown.add(id);
      return;
    }
    const message = { seq, ordinal, sender: me.number, client_id, sent_at, text };
    this.#entry(id, { seq, kind: "message", at: sent_at, message });
  }

  /** Whether the other is writing. */
  isTyping(id, now) {
    return (this.#typing.get(id) ?? 0) > now;
  }

  /** When the last of those who write now will count as having stopped; Infinity when nobody. */
  typingUntil(id, now) {
    return this.isTyping(id, now) ? this.#typing.get(id) : Infinity;
  }

  #entry(id, entry) {
    this.#open.get(id)?.entries.set(entry.seq, entry);
    const known = this.#known.get(id);
    if (!known) this.unknown.add(id);
    else if (entry.seq > known.last_seq) this.#advance(known, entry);
  }

  // A new last entry. Writing does not count as having read: only a position does.
  #advance(known, { seq, at, message }) {
    const changes = { last_seq: seq, updated_at: at };
    if (message) {
      changes.last_message = message;
      changes.last_ordinal = message.ordinal;
      const mine = message.sender === this.me(known.id).number;
      changes.unread = known.unread + (mine ? 0 : 1);
    }
    this.#update(known.id, changes);
  }

  // Positions only rise.
  #position(id, { member, delivered_seq, read_seq }) {
    const known = this.#known.get(id);
    if (!known) {
      this.unknown.add(id);
      return;
    }
    const members = known.members.map((before) =>
      before.number === member
        ? {
            ...before,
            delivered_seq: Math.max(before.delivered_seq, delivered_seq),
            read_seq: Math.max(before.read_seq, read_seq),
          }
        : before,
    );
    this.#update(id, { members });
    if (this.me(id).number !== member) return;
    if (this.me(id).read_seq >= known.last_seq) this.#update(id, { unread: 0 });
    else if (read_seq > known.members.find((before) => before.me).read_seq) this.unknown.add(id);
  }

  #update(id, changes) {
    const known = this.#known.get(id);
    if (known) this.#known.set(id, { ...known, ...changes });
  }
}
