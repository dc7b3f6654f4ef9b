// One person's conversations as they are known here: a snapshot, and everything that came since.
// Snapshot + events == a fresh snapshot. No I/O and no clock.
//
// Entries are kept only for conversations that are open on screen; they merge by seq, so that what
// comes twice (live, by resume, in history, as an ack) stands once.

import { CHANGES, later, quoteOf, withPin, withQuote } from "./messages.js";
import { Signs } from "./signs.js";
import { Stretch } from "./stretch.js";

const TOLD = new Set(["call.started", "call.ended", "member.joined", "member.left"]);
const MOST_UNREAD = 1_000; // means that many or more

// Who takes part stands in the conversation alone: it is read anew.
const isOfMembers = ({ kind }) => kind === "member_joined" || kind === "member_left";

export class Conversations {
  #known = new Map(); // id -> Conversation
  #open = new Map(); // id -> Stretch
  #signs = new Signs();

  /** Ids that are to be read whole (`conversation.get`), because what is known is not enough. */
  unknown = new Set();

  /** Id -> the newest message of another that has arrived, to be told (`conversation.delivered`). */
  arrived = new Map();

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
    const { id, last_seq, last_message } = conversation;
    this.unknown.delete(id);
    const known = this.#known.get(id);
    if (known && known.last_seq > last_seq) return;
    this.#known.set(id, conversation);
    if (last_message) this.#arrive(id, last_message);
  }

  /** One has left it, or may not see it any more. */
  forget(id) {
    this.#known.delete(id);
    this.#open.delete(id);
    this.#signs.forget(id);
    this.unknown.delete(id);
    this.arrived.delete(id);
  }

  // --- what is kept of those that are open

  /** The ids of those whose entries are kept here. */
  get open() {
    return [...this.#open.keys()];
  }

  isOpen(id) {
    return this.#open.has(id);
  }

  /** Whether what is kept has no hole (numbers have none, G4), nor one before what is newest. */
  isWhole(id) {
    return this.#open.get(id)?.isWhole(this.#known.get(id)?.last_seq) ?? false;
  }

  close(id) {
    this.#open.delete(id);
  }

  /** The entries kept, in rising order. */
  entries(id) {
    return this.#open.get(id)?.entries ?? [];
  }

  /** A message as it is now, if it is kept, newest or pinned. */
  message(id, seq) {
    const { last_message, pinned = [] } = this.#known.get(id) ?? {};
    const others = [last_message, ...pinned].filter((message) => message?.seq === seq);
    return this.#open.get(id)?.message(seq) ?? others[0];
  }

  hasOlder(id) {
    return this.#open.get(id)?.older ?? false;
  }

  hasNewer(id) {
    return this.#open.get(id)?.newer ?? false;
  }

  /**
   * A page of history: the newest entries or those before the oldest kept ("older"), those after the
   * newest kept ("newer"), or those around a place ("around"), where nothing was kept.
   */
  history(id, { entries, more }, direction = "older") {
    const kept = this.#open.get(id) ?? new Stretch();
    for (const entry of entries) kept.keep(entry);
    if (direction === "older") kept.older = more;
    else kept.newer = more;
    if (direction === "around") {
      kept.older = entries[0]?.seq > (this.#known.get(id)?.first_seq ?? 1);
    }
    this.#open.set(id, kept);
  }

  // --- what comes

  /** A live event frame, at `now`. */
  event(frame, now) {
    const { event, conversation: id, data, seq } = frame;
    this.#signs.event(frame, now);
    const kind = event.replace(".", "_");
    if (event === "message.created") {
      this.#entry(id, { seq, kind: "message", at: data.sent_at, message: data });
    } else if (CHANGES.has(kind)) {
      const { by, at, message } = data;
      this.#entry(id, { seq, kind, at, by, target: message.seq, message });
    } else if (event === "origin.closed") {
      this.#entry(id, { seq, kind: "origin_closed", at: data.at });
    } else if (TOLD.has(event)) {
      this.#entry(id, { seq, kind, ...data });
    } else if (event === "position.moved") this.#position(id, data);
    else if (event === "conversation.changed") this.#own(id, data);
    else if (event === "conversation.left") this.forget(id);
  }

  /** A page of what was missed. */
  resumed({ conversations, left = [] }) {
    for (const { conversation: id, entries, positions, opened = false, ...now } of conversations) {
      const known = this.#known.get(id);
      for (const entry of entries) this.#entry(id, entry);
      for (const position of positions) this.#position(id, position);
      // What came live while the page was being read is newer than the page.
      const isUncertain = opened || entries.some(isOfMembers);
      if (!known || isUncertain || known.last_seq > now.last_seq) {
        this.unknown.add(id);
        continue;
      }
      // The rest of it comes with a later page.
      if (this.#known.get(id).last_seq < now.last_seq) continue;
      this.#update(id, now);
      this.unknown.delete(id);
    }
    for (const id of left) this.forget(id);
  }

  /** The ack of a message that this device sent: the event goes to the other devices only. */
  sent({ client_id, text, reply_to, picture }, { conversation: id, seq, ordinal, sent_at }) {
    const me = this.me(id);
    const quoted = reply_to && this.message(id, reply_to);
    const isUntold = (reply_to && !quoted) || typeof picture === "string";
    if (!me || isUntold) {
      this.unknown.add(id);
      return;
    }
    const message = { seq, ordinal, sender: me.number, client_id, sent_at, text };
    if (quoted) message.quote = quoteOf(quoted);
    if (picture) message.picture = picture;
    this.#entry(id, { seq, kind: "message", at: sent_at, message });
  }

  /** What has arrived up to a seq is told. */
  told(id, seq) {
    if ((this.arrived.get(id) ?? Infinity) <= seq) this.arrived.delete(id);
  }

  // --- signs

  /** What each member is doing: a Map of number to "writing" or "thinking". */
  typing(id, now) {
    return this.#signs.typing(id, now);
  }

  /** Whether the other is writing, or thinking. */
  isTyping(id, now) {
    return this.typing(id, now).size > 0;
  }

  /** When the last of those who write now will count as having stopped; Infinity when nobody. */
  typingUntil(id, now) {
    return this.#signs.typingUntil(id, now);
  }

  /** The numbers of the members who are here now, as a Set. */
  presence(id) {
    return this.#signs.presence(id);
  }

  /** The answer to `presence.watch`. */
  watched(presences) {
    this.#signs.watched(presences);
  }

  /** The connection is gone: nobody knows who is here. */
  blind() {
    this.#signs.blind();
  }

  // --- inside

  #entry(id, { message, ...entry }) {
    const kept = this.#open.get(id);
    kept?.hear(entry.kind === "message" ? { ...entry, message } : entry);
    if (message && CHANGES.has(entry.kind)) kept?.learn(message);
    const known = this.#known.get(id);
    if (!known || isOfMembers(entry)) this.unknown.add(id);
    if (known && entry.seq > known.last_seq) this.#advance(known, entry, message);
    // What was read whole may have been newer than a change of one's own side told since.
    else if (entry.kind === "message" && known?.own?.archived)
      this.#update(id, { own: { ...known.own, archived: false } });
  }

  // A new last entry. Writing does not count as having read: only a position does.
  #advance(known, { seq, kind, at, by = 0 }, message) {
    this.#update(known.id, { last_seq: seq });
    if (!CHANGES.has(kind)) this.#update(known.id, { updated_at: at });
    if (kind === "call_ended") this.#update(known.id, { missed_call: by });
    if (kind === "message" || kind === "call_started") this.#update(known.id, { missed_call: 0 });
    if (!message) return;
    if (kind === "message") this.#created(known, message);
    else this.#changed(known, message);
    if (kind === "message_deleted") this.#uncount(known, message);
  }

  #created(known, message) {
    const { id, own, pinned, unread } = known;
    const mine = message.sender === this.me(id).number;
    this.#update(id, {
      last_message: message,
      last_ordinal: message.ordinal,
      unread: Math.min(unread + (mine ? 0 : 1), MOST_UNREAD),
      own: own?.archived ? { ...own, archived: false } : own,
      pinned: message.pinned ? withPin(pinned, message) : pinned,
    });
    this.#arrive(id, message);
  }

  #changed({ id, last_message: last, pinned }, message) {
    const isLast = last?.seq === message.seq;
    this.#update(id, {
      last_message: isLast ? later(last, message) : withQuote(last, message),
      pinned: withPin(pinned ?? [], message).map((each) => withQuote(each, message)),
    });
  }

  // A deleted message is not unread any more. Of "that many or more" one less is not known.
  #uncount({ id, unread }, { seq, sender }) {
    const me = this.me(id);
    if (sender === me.number || seq <= me.read_seq) return;
    if (unread === MOST_UNREAD) this.unknown.add(id);
    else this.#update(id, { unread: Math.max(0, unread - 1) });
  }

  #arrive(id, { sender, seq }) {
    const me = this.me(id);
    if (sender !== me.number && seq > me.delivered_seq) this.arrived.set(id, seq);
  }

  #own(id, own) {
    if (this.#known.has(id)) this.#update(id, { own });
    else this.unknown.add(id);
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
    this.told(id, this.me(id).delivered_seq);
    this.#moved(known, read_seq);
  }

  // One's own marks: reading ends the mark as unread, and leaves fewer that are.
  #moved({ id, members, last_seq, own }, read_seq) {
    const rose = read_seq > members.find((before) => before.me).read_seq;
    if (rose && own?.marked_unread) this.#update(id, { own: { ...own, marked_unread: false } });
    if (this.me(id).read_seq >= last_seq) this.#update(id, { unread: 0 });
    else if (rose) this.unknown.add(id);
  }

  #update(id, changes) {
    const known = this.#known.get(id);
    if (known) this.#known.set(id, { ...known, ...changes });
  }
}
