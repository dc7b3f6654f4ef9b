import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Arrivals } from "../../protocol/clients/javascript/arrivals.js";
import { Signs } from "../../protocol/clients/javascript/signs.js";
import { Typing } from "../../protocol/clients/javascript/typing.js";

const sign = (event, data) => ({ event, conversation: "c1", data });

describe("that another writes", () => {
  const started = sign("typing.started", { member: 2, doing: "thinking" });

  test("is shown for six seconds after the last word of it", () => {
    const signs = new Signs();
    signs.event(started, 1_000);
    signs.event(sign("typing.started", { member: 2 }), 3_000);
    assert.deepEqual([...signs.typing("c1", 8_999)], [[2, "writing"]]);
    assert.equal(signs.typingUntil("c1", 8_999), 9_000);
    assert.equal(signs.typing("c1", 9_000).size, 0);
    assert.equal(signs.typingUntil("c1", 9_000), Infinity);
  });

  test("ends when they stop, or a message of theirs comes, not one of another", () => {
    for (const [end, ends] of [
      [sign("typing.stopped", { member: 2 }), true],
      [sign("message.created", { sender: 2 }), true],
      [sign("message.created", { sender: 1 }), false],
    ]) {
      const signs = new Signs();
      signs.event(started, 0);
      signs.event(end, 1);
      assert.equal(signs.typing("c1", 1).size === 0, ends);
    }
  });
});

describe("who is here", () => {
  test("is as it was told, and unknown without a connection", () => {
    const signs = new Signs();
    signs.watched({ conversations: [{ conversation: "c1", members: [1] }] });
    signs.event(sign("presence.changed", { member: 2, here: true }), 0);
    signs.event(sign("presence.changed", { member: 1, here: false }), 0);
    assert.deepEqual([...signs.presence("c1")], [2]);
    signs.blind();
    assert.equal(signs.presence("c1").size, 0);
  });
});

describe("that one writes", () => {
  const start = (doing) => [["typing.start", { conversation: "c1", doing }]];
  const stop = [["typing.stop", { conversation: "c1" }]];

  test("is said every three seconds at most, however often a key is pressed", () => {
    const typing = new Typing();
    assert.deepEqual(typing.say("c1", "writing", 0), start("writing"));
    assert.deepEqual(typing.say("c1", "writing", 2_999), []);
    assert.deepEqual(typing.say("c1", "writing", 3_000), start("writing"));
  });

  test("becomes thinking as soon as that may be said", () => {
    const typing = new Typing();
    typing.say("c1", "writing", 0);
    assert.deepEqual(typing.say("c1", "thinking", 1_000), []);
    assert.equal(typing.deadline, 3_000);
    assert.deepEqual(typing.ready(2_999), []);
    assert.deepEqual(typing.ready(3_000), start("thinking"));
    assert.equal(typing.deadline, Infinity);
  });

  test("is said again as soon as it may be, if the server found it too early", () => {
    const typing = new Typing();
    typing.say("c1", "writing", 0);
    typing.say("c1", "thinking", 3_000);
    typing.refused({ conversation: "c1", doing: "thinking" }, 3_020);
    assert.deepEqual(typing.say("c1", "thinking", 3_010), []);
    assert.equal(typing.deadline, 3_020);
    assert.deepEqual(typing.ready(3_020), start("thinking"));
    assert.deepEqual(typing.ready(9_000), []);
  });

  test("is not said again once it ended, or became another", () => {
    const typing = new Typing();
    typing.say("c1", "writing", 0);
    typing.say("c1", null, 1_000);
    typing.refused({ conversation: "c1", doing: "writing" }, 1_020);
    assert.equal(typing.deadline, Infinity);
    typing.say("c1", "writing", 3_000);
    typing.say("c1", "thinking", 3_010);
    typing.refused({ conversation: "c1", doing: "writing" }, 3_020);
    assert.deepEqual(typing.ready(3_020), start("thinking"));
  });

  test("is taken back once, and only if it was said and still counts", () => {
    const typing = new Typing();
    assert.deepEqual(typing.say("c1", null, 0), []);
    typing.say("c1", "writing", 0);
    assert.deepEqual(typing.say("c1", null, 1_000), stop);
    assert.deepEqual(typing.say("c1", null, 1_001), []);
    typing.say("c1", "writing", 4_000);
    assert.deepEqual(typing.say("c1", null, 10_000), []);
  });

  test("needs no taking back once the message is sent, or the connection lost", () => {
    for (const end of [(typing) => typing.sent("c1"), (typing) => typing.reset()]) {
      const typing = new Typing();
      typing.say("c1", "writing", 0);
      end(typing);
      assert.deepEqual(typing.say("c1", null, 1_000), []);
    }
  });
});

describe("what has arrived", () => {
  test("is told of once at a time for each conversation, and in few at once", () => {
    const arrivals = new Arrivals();
    for (let at = 0; at < 20; at += 1) arrivals.add(`c${at}`, 1);
    const told = arrivals.ready(true);
    assert.equal(told.length, 8);
    assert.ok(told.every(({ quietly }) => !quietly));
    assert.deepEqual(arrivals.ready(true), []);
    arrivals.settled(told[0]);
    assert.equal(arrivals.ready(true).length, 1);
    assert.equal(arrivals.size, 19);
  });

  test("is told quietly where few tell; and again, answered, once it is in doubt", () => {
    const arrivals = new Arrivals();
    for (const seq of [1, 2]) {
      arrivals.add("c1", seq);
      assert.deepEqual(arrivals.ready(true), [{ conversation: "c1", seq, quietly: true }]);
    }
    assert.equal(arrivals.size, 0);
    arrivals.doubt();
    const [again] = arrivals.ready(true);
    assert.deepEqual(again, { conversation: "c1", seq: 2, quietly: false });
    arrivals.settled(again, { again: true });
    assert.deepEqual(arrivals.ready(true), [again]);
    arrivals.settled(again);
    arrivals.add("c1", 3);
    assert.deepEqual(arrivals.ready(true), [{ conversation: "c1", seq: 3, quietly: true }]);
  });
});
