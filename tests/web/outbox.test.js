import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Outbox } from "../../protocol/clients/javascript/outbox.js";
import { clientId } from "./frames.js";

const item = (number, conversation = "one") => ({
  client_id: clientId(number),
  conversation,
  text: "hej",
});
const ids = (items) => items.map(({ client_id }) => Number(client_id.slice(-12)));

function outboxOf(...items) {
  const outbox = new Outbox();
  for (const each of items) outbox.add(each);
  return outbox;
}

describe("order", () => {
  test("one message of a conversation is on the wire at a time", () => {
    const outbox = outboxOf(item(1), item(2), item(3, "other"));
    assert.deepEqual(ids(outbox.ready(0)), [1, 3]);
    assert.deepEqual(ids(outbox.ready(0)), []);
    outbox.acked(clientId(1));
    assert.deepEqual(ids(outbox.ready(0)), [2]);
  });

  test("a later message does not overtake one that waits to be tried again", () => {
    const outbox = outboxOf(item(1), item(2));
    outbox.ready(0);
    outbox.refused(clientId(1), { code: "rate_limited", then: "retry", retryAfterMs: 500 }, 0);
    assert.deepEqual(ids(outbox.ready(499)), []);
    assert.equal(outbox.deadline, 500);
    assert.deepEqual(ids(outbox.ready(500)), [1]);
  });

  test("a later message goes on without one that failed", () => {
    const outbox = outboxOf(item(1), item(2));
    outbox.ready(0);
    outbox.refused(
      clientId(1),
      { code: "conversation_closed", then: "stop", message: "Lukket" },
      0,
    );
    assert.deepEqual(ids(outbox.ready(0)), [2]);
    assert.deepEqual(outbox.items[0], {
      ...item(1),
      state: "failed",
      code: "conversation_closed",
      message: "Lukket",
    });
  });

  test("what was kept over a reload goes out in the order in which it was written", () => {
    const kept = [item(2), item(1), item(3)].map((each) => ({ ...each, state: "sending" }));
    assert.deepEqual(ids(new Outbox(kept).items), [1, 2, 3]);
  });
});

describe("a message", () => {
  test("whose answer was lost is sent again under the same client_id", () => {
    const outbox = outboxOf(item(1));
    outbox.ready(0);
    outbox.refused(clientId(1), { code: "disconnected", then: "retry" }, 0);
    outbox.reconnected();
    assert.deepEqual(ids(outbox.ready(0)), [1]);
  });

  test("waits for the next login when the session has ended", () => {
    const outbox = outboxOf(item(1));
    outbox.ready(0);
    outbox.refused(clientId(1), { code: "not_authenticated", then: "log_in" }, 0);
    assert.deepEqual(outbox.ready(10 ** 12), []);
    outbox.reconnected();
    assert.deepEqual(ids(outbox.ready(0)), [1]);
  });

  test("that failed is tried again as it is", () => {
    const outbox = outboxOf(item(1));
    outbox.ready(0);
    outbox.refused(clientId(1), { code: "not_active", then: "stop" }, 0);
    outbox.retry(clientId(1), clientId(9));
    assert.deepEqual(ids(outbox.ready(0)), [1]);
  });

  test("whose client_id names another message is tried again under a new one", () => {
    const outbox = outboxOf(item(1));
    outbox.ready(0);
    outbox.refused(clientId(1), { code: "client_id_reused", then: "correct" }, 0);
    outbox.retry(clientId(1), clientId(9));
    assert.deepEqual(ids(outbox.ready(0)), [9]);
  });
});
