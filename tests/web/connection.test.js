import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Connection, closeBehaviour } from "../../protocol/clients/javascript/connection.js";
import { COMMANDS, helloFrame, told } from "./frames.js";

const random = () => 0.5;

/** A connection that is online, with nothing left to take. */
function online({ cursor = null, now = 0 } = {}) {
  const connection = new Connection({ random, cursor });
  connection.start(now);
  connection.opened(now);
  connection.received(helloFrame(), now);
  if (cursor) {
    const page = { conversations: [], account: null, cursor: "c2", more: false };
    connection.received(JSON.stringify({ id: 1, ok: true, data: page }), now);
  }
  connection.take();
  assert.equal(connection.state, "online");
  return connection;
}

const frames = (connection) =>
  connection.take().flatMap((effect) => (effect.do === "send" ? [JSON.parse(effect.text)] : []));

describe("the first connection", () => {
  test("opens a socket, greets nobody, and is online once the server has said hello", () => {
    const connection = new Connection({ random });
    connection.start(0);
    assert.deepEqual(
      connection.take().map((effect) => effect.do),
      ["tell", "open"],
    );
    connection.opened(10);
    assert.deepEqual(frames(connection), []);
    connection.received(helloFrame({ cursor: "c1" }), 20);
    assert.equal(connection.state, "online");
    assert.equal(connection.cursor, "c1");
  });

  test("sends a token as its first frame where no cookie speaks for it", () => {
    const connection = new Connection({ random, token: "secret" });
    connection.start(0);
    connection.opened(0);
    const [first] = frames(connection);
    assert.equal(first.command, "session.authenticate");
    assert.deepEqual(first.data, { token: "secret" });
  });

  test("refuses a command before hello, and one that hello did not list", () => {
    const connection = new Connection({ random });
    connection.start(0);
    assert.throws(() => connection.command("message.send", {}, 0), { code: "disconnected" });
    assert.throws(() => online().command("moon.land", {}, 0), { code: "unknown_command" });
  });

  test("gives up a socket that says nothing for ten seconds", () => {
    const connection = new Connection({ random });
    connection.start(0);
    connection.opened(1_000);
    connection.tick(10_999);
    assert.equal(connection.state, "greeting");
    connection.tick(11_000);
    assert.equal(connection.state, "waiting");
    assert.ok(connection.take().some((effect) => effect.do === "drop"));
  });
});

describe("resuming", () => {
  function resuming() {
    const connection = online();
    connection.closed(1006, 10_000);
    connection.tick(connection.deadline);
    connection.opened(11_000);
    connection.take();
    connection.received(helloFrame({ cursor: "now" }), 11_000);
    const [resume] = frames(connection);
    return { connection, resume };
  }
  const answer = (connection, id, data) =>
    connection.received(JSON.stringify({ id, ok: true, data }), 11_000);

  test("asks for everything since its own cursor, not since the one in hello", () => {
    const { connection, resume } = resuming();
    assert.equal(resume.command, "session.resume");
    assert.deepEqual(resume.data, { cursor: "c1" });
    assert.equal(connection.state, "resuming");
  });

  test("reads page after page, and is online after the last", () => {
    const { connection, resume } = resuming();
    const page = { conversations: [], account: null, cursor: "c2", more: true };
    answer(connection, resume.id, page);
    const [next] = frames(connection);
    assert.deepEqual(next.data, { cursor: "c2" });
    assert.equal(connection.state, "resuming");
    answer(connection, next.id, { ...page, cursor: "c3", more: false });
    assert.equal(connection.state, "online");
    assert.equal(connection.cursor, "c3");
  });

  test("keeps its old cursor when the socket breaks after a live event but before the page", () => {
    const { connection } = resuming();
    const live = { event: "typing.started", conversation: "a", cursor: "c9", data: { member: 1 } };
    connection.received(JSON.stringify(live), 11_000);
    connection.closed(1006, 11_000);
    assert.equal(connection.cursor, "c1");
  });

  test("goes on from the newest live event once the last page is read", () => {
    const { connection, resume } = resuming();
    const live = { event: "typing.started", conversation: "a", cursor: "c9", data: { member: 1 } };
    connection.received(JSON.stringify(live), 11_000);
    answer(connection, resume.id, { conversations: [], account: null, cursor: "c2", more: false });
    assert.equal(connection.cursor, "c9");
  });

  test("starts over when too much has happened", () => {
    const { connection, resume } = resuming();
    const error = { code: "resync_required", message: "", then: "resync" };
    connection.received(JSON.stringify({ id: resume.id, ok: false, error }), 11_000);
    assert.equal(connection.state, "online");
    assert.equal(connection.cursor, "now");
    assert.equal(told(connection, "resync").length, 1);
  });

  test("starts over when the server was restored from a backup", () => {
    const connection = online();
    connection.closed(4200, 10_000);
    connection.tick(10_000);
    connection.opened(10_000);
    connection.received(helloFrame({ epoch: "another", cursor: "fresh" }), 10_000);
    assert.equal(connection.cursor, "fresh");
    assert.equal(told(connection, "resync").length, 1);
  });
});

describe("losing the socket", () => {
  const afterClose = (code) => {
    const connection = online();
    connection.closed(code, 60_000);
    return connection;
  };

  test("the hundred of a close code carries the behaviour, and unknown ones back off", () => {
    const codes = {
      4001: "stop",
      4100: "backoff",
      4200: "now",
      4301: "log_in",
      1006: "backoff",
      4999: "backoff",
    };
    for (const [code, behaviour] of Object.entries(codes)) {
      assert.equal(closeBehaviour(Number(code)), behaviour);
    }
  });

  test("40xx stops for good", () => {
    const connection = afterClose(4001);
    assert.equal(connection.state, "stopped");
    assert.equal(connection.deadline, Infinity);
    assert.deepEqual(told(connection, "state").at(-1), {
      state: "stopped",
      behaviour: "stop",
      code: 4001,
    });
  });

  test("43xx asks for a new login", () => {
    const connection = afterClose(4301);
    assert.equal(told(connection, "state").at(-1).behaviour, "log_in");
  });

  test("42xx reconnects at once", () => {
    assert.equal(afterClose(4200).deadline, 60_000);
  });

  test("everything else waits 0 to min(30 s, 2^n s), for ever", () => {
    const connection = afterClose(1006);
    const waits = [];
    for (let now = 60_000; waits.length < 9;) {
      waits.push(connection.deadline - now);
      now = connection.deadline;
      connection.tick(now);
      connection.closed(1006, now);
    }
    assert.deepEqual(
      waits,
      [1, 2, 4, 8, 16, 30, 30, 30, 30].map((seconds) => seconds * 500),
    );
  });

  test("a server that closes 42xx again and again is not stormed", () => {
    const connection = afterClose(4200);
    connection.tick(60_000);
    connection.opened(60_000);
    connection.received(helloFrame(), 60_000);
    connection.closed(4200, 60_001);
    assert.ok(connection.deadline > 60_001);
  });

  test("waking up ends the wait", () => {
    const connection = afterClose(1006);
    connection.take();
    connection.wake(60_010);
    assert.ok(connection.take().some((effect) => effect.do === "open"));
  });

  test("after a loss comes at a random moment within the spread that hello gave", () => {
    const connection = new Connection({ random: () => 0.5 });
    connection.start(0);
    connection.opened(0);
    connection.received(helloFrame({ reconnect_spread_ms: 8_000 }), 0);
    connection.closed(1006, 10_000);
    assert.equal(connection.deadline, 14_000);
  });

  test("a busy server is left alone until one's place in line comes, awake or not", () => {
    const connection = new Connection({ random });
    connection.start(0);
    connection.opened(0);
    connection.received(
      JSON.stringify({ event: "server.busy", data: { retry_after_ms: 7_000 } }),
      10,
    );
    connection.closed(4101, 20);
    connection.wake(30);
    assert.equal(connection.deadline, 7_020);
    connection.tick(7_020);
    assert.equal(connection.state, "opening");
  });

  test("whoever waits for a reply is told that it will not come", () => {
    const connection = online();
    const id = connection.command("message.send", {}, 0);
    connection.take();
    connection.closed(1006, 5);
    assert.deepEqual(told(connection, "interrupted"), [[id]]);
  });

  test("a draining server is left within its spread", () => {
    const connection = online();
    connection.received(
      JSON.stringify({ event: "server.draining", data: { spread_ms: 4_000 } }),
      100,
    );
    assert.equal(connection.deadline, 2_100);
    connection.tick(2_100);
    const effects = connection.take().map((effect) => effect.do);
    assert.ok(effects.indexOf("drop") < effects.indexOf("open"));
  });
});

describe("a socket that has died without saying so", () => {
  test("is given up when a command is not answered for ten seconds", () => {
    const connection = online();
    connection.command("message.send", {}, 1_000);
    assert.equal(connection.deadline, 11_000);
    connection.tick(11_000);
    assert.equal(connection.state, "waiting");
  });

  test("is found out when the page wakes after a long silence", () => {
    const connection = online();
    connection.wake(3_600_000);
    assert.equal(frames(connection)[0].command, "account.get");
    assert.equal(connection.deadline, 3_610_000);
  });

  test("is not asked when it was heard a moment ago", () => {
    const connection = online();
    connection.wake(1_000);
    assert.deepEqual(frames(connection), []);
  });
});

test("unknown events are ignored, and their cursor kept", () => {
  const connection = online();
  connection.received(JSON.stringify({ event: "moon.rose", cursor: "c7", data: {} }), 0);
  assert.deepEqual(told(connection, "event"), []);
  assert.equal(connection.cursor, "c7");
});

test("a frame that is not JSON ends the socket, not the client", () => {
  const connection = online();
  connection.received("{", 0);
  assert.equal(connection.state, "waiting");
});

test("what hello lists is what may be sent", () => {
  const connection = online();
  for (const name of COMMANDS) assert.equal(typeof connection.command(name, {}, 0), "number");
});
