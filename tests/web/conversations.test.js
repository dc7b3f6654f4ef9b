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

describe("a change of a message", () => {
  const changed = (event, seq, state) => ({
    event: `message.${event}`,
    conversation: ID,
    seq,
    data: { by: 2, at: 1_000 * seq, message: { ...state, changed_seq: seq } },
  });

  test("replaces the message where it stands, and is an entry of its own", () => {
    const conversations = opened();
    conversations.event(created(1), 0);
    conversations.event(changed("edited", 2, message(1, { text: "bedre", edited_at: 2_000 })), 0);
    const [first, second] = conversations.entries(ID);
    assert.equal(first.message.text, "bedre");
    assert.deepEqual(second, { seq: 2, kind: "message_edited", at: 2_000, by: 2, target: 1 });
    assert.equal(conversations.get(ID).last_message.text, "bedre");
    assert.equal(conversations.get(ID).updated_at, 1_000);
  });

  test("that is older than what is known changes nothing", () => {
    const conversations = opened();
    conversations.event(created(1), 0);
    conversations.event(changed("edited", 3, message(1, { text: "tre" })), 0);
    conversations.event(changed("edited", 2, message(1, { text: "to" })), 0);
    assert.equal(conversations.message(ID, 1).text, "tre");
  });

  test("renews the quotes of it, whatever came first", () => {
    const quote = { seq: 1, sender: 2, text: "message 1" };
    const gone = { seq: 1, sender: 2, text: "", deleted: true };
    const deleted = changed("deleted", 3, message(1, { text: "", deleted: true }));
    for (const order of [
      [created(1), created(2, { quote }), deleted],
      [created(1), deleted, created(2, { quote })],
      [created(2, { quote }), deleted],
    ]) {
      const conversations = opened();
      for (const frame of order) conversations.event(frame, 0);
      assert.deepEqual(conversations.message(ID, 2).quote, gone);
    }
  });

  test("quotes the first 140 characters, as people count them", () => {
    const conversations = opened();
    conversations.event(created(1, { text: "🫧".repeat(200) }), 0);
    const sent = { conversation: ID, seq: 2, ordinal: 2, sent_at: 5 };
    conversations.sent({ client_id: clientId(2), text: "ja", reply_to: 1 }, sent);
    assert.equal(conversations.message(ID, 2).quote.text, "🫧".repeat(140));
  });

  test("keeps the list of the pinned", () => {
    const conversations = opened();
    for (const seq of [1, 2]) conversations.event(created(seq), 0);
    conversations.event(changed("pinned", 3, message(2, { pinned: true })), 0);
    conversations.event(changed("pinned", 4, message(1, { pinned: true })), 0);
    assert.deepEqual(
      conversations.get(ID).pinned.map(({ seq }) => seq),
      [1, 2],
    );
    conversations.event(changed("deleted", 5, message(2, { text: "", deleted: true })), 0);
    assert.deepEqual(
      conversations.get(ID).pinned.map(({ seq }) => seq),
      [1],
    );
  });

  test("counts a deleted message as unread no more, unless it was read", () => {
    const conversations = opened();
    for (const seq of [1, 2]) conversations.event(created(seq), 0);
    const deleted = changed("deleted", 3, message(2, { text: "", deleted: true }));
    conversations.event(deleted, 0);
    conversations.event(deleted, 0);
    assert.equal(conversations.unread, 1);
    const data = { member: 1, delivered_seq: 3, read_seq: 3 };
    conversations.event({ event: "position.moved", conversation: ID, data }, 0);
    conversations.event(changed("deleted", 4, message(1, { text: "", deleted: true })), 0);
    assert.equal(conversations.unread, 0);
  });

  test("of a thousand or more leaves a number that is asked for", () => {
    const conversations = opened([], { unread: 1_000 });
    conversations.event(created(1), 0);
    assert.equal(conversations.unread, 1_000);
    conversations.event(changed("deleted", 2, message(1, { text: "", deleted: true })), 0);
    assert.deepEqual([...conversations.unknown], [ID]);
  });
});

describe("one's own side", () => {
  const own = { muted_until: null, archived: true, marked_unread: true, draft: "Jeg vil" };
  const changed = { event: "conversation.changed", conversation: ID, data: own };

  test("is as the event says", () => {
    const conversations = opened();
    conversations.event(changed, 0);
    assert.deepEqual(conversations.get(ID).own, own);
  });

  test("is archived no more once something is said, nor marked unread once it is read", () => {
    const conversations = opened();
    conversations.event(changed, 0);
    conversations.event(created(1, { sender: 1 }), 0);
    assert.deepEqual(conversations.get(ID).own, { ...own, archived: false });
    const data = { member: 1, delivered_seq: 1, read_seq: 1 };
    conversations.event({ event: "position.moved", conversation: ID, data }, 0);
    assert.equal(conversations.get(ID).own.marked_unread, false);
  });

  test("is archived no more by what is told after it was read whole", () => {
    const conversations = opened();
    conversations.event(created(1, { sender: 1 }), 0);
    conversations.event(changed, 0);
    conversations.event(created(1, { sender: 1 }), 0);
    assert.equal(conversations.get(ID).own.archived, false);
  });

  test("is gone once one has left", () => {
    const conversations = opened();
    conversations.event({ event: "conversation.left", conversation: ID, data: {} }, 0);
    assert.equal(conversations.get(ID), undefined);
    assert.ok(!conversations.isOpen(ID));
    const again = opened();
    again.resumed({ conversations: [], left: [ID] });
    assert.deepEqual(again.list, []);
  });
});

describe("what has arrived", () => {
  test("is to be told of, the newest of the other's, until it is", () => {
    const conversations = opened();
    conversations.event(created(1), 0);
    conversations.event(created(2), 0);
    conversations.event(created(3, { sender: 1 }), 0);
    assert.deepEqual([...conversations.arrived], [[ID, 2]]);
    const data = { member: 1, delivered_seq: 2, read_seq: 0 };
    conversations.event({ event: "position.moved", conversation: ID, data }, 0);
    assert.equal(conversations.arrived.size, 0);
  });
});

describe("a stretch that ends before the newest entry", () => {
  const entry = (seq) => ({ seq, kind: "message", at: seq, message: message(seq) });

  test("leaves out what is new until it is read on to", () => {
    const conversations = opened([], { last_seq: 9 });
    conversations.close(ID);
    conversations.history(ID, { entries: [entry(4), entry(5)], more: true }, "around");
    assert.ok(conversations.hasOlder(ID) && conversations.hasNewer(ID) && conversations.isWhole(ID));
    conversations.event(created(10), 0);
    assert.deepEqual(seqs(conversations), [4, 5]);
    const rest = [6, 7, 8, 9, 10].map(entry);
    conversations.history(ID, { entries: rest, more: false }, "newer");
    conversations.event(created(11), 0);
    assert.deepEqual(seqs(conversations), [4, 5, 6, 7, 8, 9, 10, 11]);
    assert.ok(conversations.isWhole(ID) && !conversations.hasNewer(ID));
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
