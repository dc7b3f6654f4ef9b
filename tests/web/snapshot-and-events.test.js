import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversations } from "../../protocol/clients/javascript/conversations.js";
import { quoteOf } from "../../protocol/clients/javascript/messages.js";
import { conversation, message } from "./frames.js";

const ID = conversation().id;

/** The server's side of one conversation: what a fresh snapshot of it would be. */
class Truth {
  rows = [];
  messages = new Map(); // seq -> message as it is now, its quote only as a seq
  read = { 1: 0, 2: 0 };

  message(seq) {
    const { quote, ...message } = this.messages.get(seq);
    return quote ? { ...message, quote: quoteOf(this.messages.get(quote)) } : message;
  }

  get entries() {
    return this.rows.map((row) =>
      row.kind === "message" ? { ...row, message: this.message(row.seq) } : row,
    );
  }

  happen(random) {
    const seq = this.rows.length + 1;
    const at = 1_000 * seq;
    const dice = random();
    if (dice < 0.05) {
      this.rows.push({ seq, kind: "origin_closed", at });
      return { event: "origin.closed", conversation: ID, seq, data: { at } };
    }
    const there = [...this.messages.values()].filter(({ deleted }) => !deleted);
    const target = there[Math.floor(random() * there.length)];
    if (dice < 0.5 && target) return this.change(seq, at, target, random);
    const sender = random() < 0.5 ? 1 : 2;
    const written = message(seq, { sender, ordinal: this.messages.size + 1 });
    this.messages.set(seq, target && random() < 0.4 ? { ...written, quote: target.seq } : written);
    this.rows.push({ seq, kind: "message", at });
    return { event: "message.created", conversation: ID, seq, data: this.message(seq) };
  }

  change(seq, at, { pinned, reactions, ...before }, random) {
    const by = random() < 0.5 ? 1 : 2;
    const [kind, now] = [
      ["edited", { ...before, pinned, reactions, text: `edited ${seq}`, edited_at: at }],
      ["deleted", { ...without(before), text: "", deleted: true }],
      ["reacted", { ...before, pinned, reactions: [{ kind: "heart", members: [by] }] }],
      ["pinned", { ...before, reactions, pinned: !pinned }],
    ][Math.floor(random() * 4)];
    this.messages.set(before.seq, given({ ...now, changed_seq: seq }));
    this.rows.push({ seq, kind: `message_${kind}`, at, by, target: before.seq });
    const data = { by, at, message: this.message(before.seq) };
    return { event: `message.${kind}`, conversation: ID, seq, data };
  }

  move(member) {
    this.read[member] = this.rows.length;
    const data = { member, delivered_seq: this.read[member], read_seq: this.read[member] };
    return { event: "position.moved", conversation: ID, data };
  }

  snapshot() {
    const messages = [...this.messages.keys()].map((seq) => this.message(seq));
    const base = conversation();
    const said = this.rows.filter(({ target }) => target === undefined);
    return {
      ...base,
      members: base.members.map((member) => ({
        ...member,
        delivered_seq: this.read[member.number],
        read_seq: this.read[member.number],
      })),
      last_seq: this.rows.length,
      last_ordinal: messages.length,
      unread: messages.filter(
        ({ seq, sender, deleted }) => seq > this.read[1] && sender === 2 && !deleted,
      ).length,
      last_message: messages.at(-1) ?? null,
      updated_at: said.at(-1)?.at ?? 0,
      pinned: messages.filter(({ pinned }) => pinned),
    };
  }

  changedSince(seq) {
    const { last_seq, last_ordinal, unread, own, members } = this.snapshot();
    const positions = members.map(({ number, delivered_seq, read_seq }) => ({
      member: number,
      delivered_seq,
      read_seq,
    }));
    const entries = this.entries
      .filter((entry) => entry.seq > seq)
      .map((entry) => (entry.target ? { ...entry, message: this.message(entry.target) } : entry));
    return { conversation: ID, entries, positions, last_seq, last_ordinal, unread, own };
  }
}

const without = ({ quote, edited_at, ...rest }) => rest;
/** What is not so is not written. */
const given = (message) =>
  Object.fromEntries(Object.entries(message).filter(([key, value]) => key === "text" || value));

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("snapshot + events == a fresh snapshot, live, doubled, or resumed after an absence", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = dice(seed);
    const truth = new Truth();
    const known = new Conversations();
    known.snapshot([conversation()], { fresh: true });
    known.history(ID, { entries: [], more: false });
    let missedFrom = null;
    for (let step = 0; step < 30; step += 1) {
      const frame = random() < 0.75 ? truth.happen(random) : truth.move(random() < 0.5 ? 1 : 2);
      if (missedFrom === null && random() < 0.1)
        missedFrom = truth.rows.length - (frame.seq ? 1 : 0);
      if (missedFrom === null) {
        known.event(frame, 0);
        if (random() < 0.3) known.event(frame, 0);
      } else if (random() < 0.3) {
        known.resumed({ conversations: [truth.changedSince(missedFrom)] });
        missedFrom = null;
      }
    }
    if (missedFrom !== null) known.resumed({ conversations: [truth.changedSince(missedFrom)] });
    assert.deepEqual(known.get(ID), truth.snapshot(), `seed ${seed}`);
    assert.deepEqual(known.entries(ID), truth.entries, `seed ${seed}`);
    assert.equal(known.unknown.size, 0, `seed ${seed}`);
  }
});
