import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Conversations } from "../../protocol/clients/javascript/conversations.js";
import { clientId, conversation, message } from "./frames.js";

const ID = conversation().id;
const created = (seq, changes) => ({
  event: "message.created",
  conversation: ID,
  seq,
  data: message(seq, changes),
});

function opened(entries = [], changes = {}) {
  const conversations = new Conversations();
  conversations.snapshot([conversation(changes)], { fresh: true });
  conversations.history(ID, { entries, more: false });
  return conversations;
}
const seqs = (conversations) => conversations.entries(ID).map(({ seq }) => seq);

describe("entries", () => {
  test("stand once, in order, however often and in whatever order they come", () => {
    const conversations = opened();
    for (const seq of [2, 1, 3, 2, 1]) conversations.event(created(seq), 0);
    assert.deepEqual(seqs(conversations), [1, 2, 3]);
    assert.equal(conversations.get(ID).last_seq, 3);
  });

  test("of a conversation that is not on screen are not kept", () => {
    const conversations = new Conversations();
    conversations.snapshot([conversation()], { fresh: true });
    conversations.event(created(1), 0);
    assert.deepEqual(conversations.entries(ID), []);
    assert.equal(conversations.get(ID).unread, 1);
  });

  test("of older history come before what is there", () => {
    const entry = (seq) => ({ seq, kind: "message", at: seq, message: message(seq) });
    const conversations = opened([entry(3), entry(4)], { last_seq: 4 });
    conversations.history(ID, { entries: [entry(1), entry(2)], more: false });
    assert.deepEqual(seqs(conversations), [1, 2, 3, 4]);
  });

  test("of one's own, acked here, stand like any other", () => {
    const conversations = opened();
    const sent = { conversation: ID, seq: 1, ordinal: 1, sent_at: 5, duplicate: false };
    conversations.sent({ client_id: clientId(1), text: "hej" }, sent);
    assert.deepEqual(
      conversations.get(ID).last_message,
      message(1, { sender: 1, sent_at: 5, text: "hej" }),
    );
  });
});

describe("unread", () => {
  test("counts the other's messages, not one's own", () => {
    const conversations = opened();
    conversations.event(created(1), 0);
    conversations.event(created(2), 0);
    assert.equal(conversations.unread, 2);
    conversations.event(created(3, { sender: 1 }), 0);
    assert.equal(conversations.unread, 2);
  });

  test("ends when another of one's devices has read everything", () => {
    const conversations = opened();
    conversations.event(created(1), 0);
    const data = { member: 1, delivered_seq: 1, read_seq: 1 };
    conversations.event({ event: "position.moved", conversation: ID, data }, 0);
    assert.equal(conversations.unread, 0);
  });

  test("is asked of the server when another device has read some of it", () => {
    const conversations = opened();
    conversations.event(created(1), 0);
    conversations.event(created(2), 0);
    const data = { member: 1, delivered_seq: 1, read_seq: 1 };
    conversations.event({ event: "position.moved", conversation: ID, data }, 0);
    assert.deepEqual([...conversations.unknown], [ID]);
  });
});

describe("positions", () => {
  test("only rise", () => {
    const conversations = opened();
    const move = (read_seq) => {
      const data = { member: 2, delivered_seq: read_seq, read_seq };
      conversations.event({ event: "position.moved", conversation: ID, data }, 0);
    };
    move(5);
    move(3);
    assert.equal(conversations.other(ID).read_seq, 5);
  });
});

describe("typing", () => {
  test("lasts six seconds, or until the message comes", () => {
    const conversations = opened();
    const typing = { event: "typing.started", conversation: ID, data: { member: 2 } };
    conversations.event(typing, 1_000);
    assert.ok(conversations.isTyping(ID, 6_999));
    assert.ok(!conversations.isTyping(ID, 7_000));
    conversations.event(typing, 1_000);
    conversations.event(created(1), 2_000);
    assert.ok(!conversations.isTyping(ID, 2_000));
  });
});

describe("what is kept of an open conversation", () => {
  const entry = (seq) => ({ seq, kind: "message", at: seq, message: message(seq) });

  test("is whole when it reaches to the newest entry without a hole", () => {
    assert.ok(opened([entry(3), entry(4)], { last_seq: 4 }).isWhole(ID));
  });

  test("is not whole when a message came before it was heard of", () => {
    assert.ok(!opened([entry(3)], { last_seq: 4 }).isWhole(ID));
  });

  test("is not whole while an absence leaves a hole in it", () => {
    const conversations = opened([entry(1)], { last_seq: 1 });
    conversations.event(created(3), 0);
    assert.ok(!conversations.isWhole(ID));
    conversations.event(created(2), 0);
    assert.ok(conversations.isWhole(ID));
  });

  test("is not made older by an answer that was on its way", () => {
    const conversations = opened();
    conversations.event(created(1), 0);
    conversations.put(conversation());
    assert.equal(conversations.get(ID).last_seq, 1);
  });
});

describe("a conversation that is not known", () => {
  test("is read whole when a message in it comes", () => {
    const conversations = new Conversations();
    conversations.event(created(1), 0);
    assert.deepEqual([...conversations.unknown], [ID]);
  });

  test("is read whole when it was opened while one was away", () => {
    const conversations = new Conversations();
    const changed = {
      conversation: ID,
      entries: [],
      positions: [],
      last_seq: 1,
      last_ordinal: 1,
      unread: 1,
      opened: true,
    };
    conversations.resumed({ conversations: [changed] });
    assert.deepEqual([...conversations.unknown], [ID]);
  });
});

/** The server's side of one conversation: what a fresh snapshot of it would be. */
class Truth {
  entries = [];
  read = { 1: 0, 2: 0 };

  append(random) {
    const seq = this.entries.length + 1;
    const messages = this.entries.filter(({ kind }) => kind === "message").length;
    if (random() < 0.1) {
      this.entries.push({ seq, kind: "origin_closed", at: 1_000 * seq });
      return { event: "origin.closed", conversation: ID, seq, data: { at: 1_000 * seq } };
    }
    const written = message(seq, { sender: random() < 0.5 ? 1 : 2, ordinal: messages + 1 });
    this.entries.push({ seq, kind: "message", at: written.sent_at, message: written });
    return { event: "message.created", conversation: ID, seq, data: written };
  }

  move(member) {
    this.read[member] = this.entries.length;
    const data = { member, delivered_seq: this.read[member], read_seq: this.read[member] };
    return { event: "position.moved", conversation: ID, data };
  }

  snapshot() {
    const messages = this.entries.flatMap((entry) => entry.message ?? []);
    const base = conversation();
    return {
      ...base,
      members: base.members.map((member) => ({
        ...member,
        delivered_seq: this.read[member.number],
        read_seq: this.read[member.number],
      })),
      last_seq: this.entries.length,
      last_ordinal: messages.length,
      unread: messages.filter(({ seq, sender }) => seq > this.read[1] && sender === 2).length,
      last_message: messages.at(-1) ?? null,
      updated_at: this.entries.at(-1)?.at ?? 0,
    };
  }

  changedSince(seq) {
    const { last_seq, last_ordinal, unread, members } = this.snapshot();
    const positions = members.map(({ number, delivered_seq, read_seq }) => ({
      member: number,
      delivered_seq,
      read_seq,
    }));
    const entries = this.entries.filter((entry) => entry.seq > seq);
    return { conversation: ID, entries, positions, last_seq, last_ordinal, unread };
  }
}

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
    const known = opened();
    let missedFrom = null;
    for (let step = 0; step < 30; step += 1) {
      const frame = random() < 0.75 ? truth.append(random) : truth.move(random() < 0.5 ? 1 : 2);
      if (missedFrom === null && random() < 0.1)
        missedFrom = truth.entries.length - (frame.seq ? 1 : 0);
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
