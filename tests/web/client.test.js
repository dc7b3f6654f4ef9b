import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { SamtaleClient } from "../../protocol/clients/javascript/client.js";
import { uuid7 } from "../../protocol/clients/javascript/identifiers.js";
import { placeRequest } from "../../protocol/clients/javascript/request.js";
import { connected, settled } from "./far-end.js";
import { ACCOUNT } from "./frames.js";

describe("a message", () => {
  test("waits for the socket, is sent, and leaves the outbox when it is stored", async (t) => {
    const { client, storage, socket } = connected();
    t.after(() => client.disconnect());
    const heard = [];
    client.on("sent", ({ item, sent }) => heard.push([item.text, sent.seq]));
    client.send("c1", "hej");
    assert.equal(storage.length, 1);
    socket.greets();
    const [frame] = socket.frames;
    assert.equal(frame.command, "message.send");
    socket.says({
      id: frame.id,
      ok: true,
      data: { conversation: "c1", seq: 7, ordinal: 7, sent_at: 1 },
    });
    await settled();
    assert.deepEqual(heard, [["hej", 7]]);
    assert.deepEqual(client.outbox, []);
    assert.equal(storage.length, 0);
  });

  test("outlives a reload, under the same client_id", (t) => {
    const before = connected();
    const { client_id } = before.client.send("c1", "hej");
    before.client.disconnect();
    const after = connected(before.storage);
    t.after(() => after.client.disconnect());
    after.socket.greets();
    assert.equal(after.socket.frames[0].data.client_id, client_id);
  });

  test("never goes out under somebody else's login", (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    client.send("c1", "hej");
    socket.greets({ account: { ...ACCOUNT, id: "00000000000000ff" } });
    assert.deepEqual(socket.frames, []);
  });

  test("leaves nothing behind at logout", () => {
    const { client, storage } = connected();
    client.send("c1", "hej");
    client.forget();
    assert.equal(storage.length, 0);
  });

  test("that was refused says why, and can be dropped", async (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    const { client_id } = client.send("c1", "hej");
    socket.greets();
    const error = { code: "conversation_closed", message: "Samtalen er afsluttet.", then: "stop" };
    socket.says({ id: socket.frames[0].id, ok: false, error });
    await settled();
    assert.equal(client.outbox[0].state, "failed");
    assert.equal(client.outbox[0].message, "Samtalen er afsluttet.");
    client.discard(client_id);
    assert.deepEqual(client.outbox, []);
  });
});

describe("a sign", () => {
  test("that the server found too early is said again when it may be", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let now = 1_000;
    const { client, socket } = connected(undefined, { now: () => now });
    t.after(() => client.disconnect());
    socket.greets();
    client.typing("c1", "writing");
    socket.answers("typing.start", null, { code: "rate_limited", retry_after_ms: 40 });
    await settled();
    now += 40;
    t.mock.timers.tick(40);
    assert.deepEqual(socket.asked("typing.start"), [{ conversation: "c1", doing: "writing" }]);
  });
});

describe("what nobody waits for", () => {
  test("has no id; a sign that came too early is said again all the same", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let now = 1_000;
    const { client, socket } = connected(undefined, { now: () => now });
    t.after(() => client.disconnect());
    socket.greets({ ids_optional: true });
    client.typing("c1", "writing");
    await settled();
    const typing = { conversation: "c1", doing: "writing" };
    assert.deepEqual(socket.frames.splice(0), [{ command: "typing.start", data: typing }]);
    const error = { code: "rate_limited", then: "retry", retry_after_ms: 40 };
    socket.says({ id: null, ok: false, command: "typing.start", error });
    now += 40;
    t.mock.timers.tick(40);
    assert.deepEqual(socket.frames, [{ command: "typing.start", data: typing }]);
  });

  test("has one after a long silence, and where the server does not know of it", async (t) => {
    for (const [hello, silence] of [
      [{ ids_optional: true }, 30_000],
      [{}, 0],
    ]) {
      let now = 1_000;
      const { client, socket } = connected(undefined, { now: () => now });
      t.after(() => client.disconnect());
      socket.greets(hello);
      now += silence;
      client.typing("c1", "writing");
      assert.equal(socket.frames[0].id, 1);
    }
  });

  test("is told of by its name when it is refused", async (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    socket.greets({ ids_optional: true });
    const heard = [];
    client.on("unheard", ({ command, error }) => heard.push([command, error.then]));
    await client.say("conversation.delivered", { conversation: "c1", seq: 1 });
    const error = { code: "unavailable", then: "retry" };
    socket.says({ id: null, ok: false, command: "conversation.delivered", error });
    assert.deepEqual(heard, [["conversation.delivered", "retry"]]);
  });
});

describe("over HTTP", () => {
  const answering = (status, body) => {
    const asked = [];
    const fetch = async (url, init) => {
      asked.push([init.method, url, init.body]);
      return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
    };
    return { client: new SamtaleClient({ base: "http://here", fetch }), asked };
  };

  test("fields stand in the path, the query or the body", () => {
    assert.deepEqual(
      placeRequest("history.fetch", { conversation: "c1", before: 9, after: undefined }),
      {
        method: "GET",
        path: "/api/v1/conversations/c1/entries?before=9",
        body: null,
      },
    );
    assert.deepEqual(placeRequest("bubble.edit", { bubble: "b1", picture: null }), {
      method: "PATCH",
      path: "/api/v1/bubbles/b1",
      body: '{"picture":null}',
    });
    assert.throws(() => placeRequest("bubble.get", {}), TypeError);
    assert.deepEqual(placeRequest("message.delete", { conversation: "c1", seq: 4 }), {
      method: "DELETE",
      path: "/api/v1/conversations/c1/messages/4",
      body: null,
    });
    assert.throws(() => placeRequest("session.resume", {}), TypeError);
  });

  test("an answer is given as it is", async () => {
    const { client, asked } = answering(200, { count: 3 });
    assert.deepEqual(await client.call("bubble.count", { interest: "walks" }), { count: 3 });
    assert.deepEqual(asked, [["GET", "http://here/api/v1/bubbles/count?interest=walks", null]]);
  });

  test("a refusal is an error with its code, its field and its words", async () => {
    const error = { code: "alias_taken", message: "Optaget", then: "correct", field: "alias" };
    const { client } = answering(409, { error });
    await assert.rejects(client.call("account.update", { alias: "Bo" }), {
      code: "alias_taken",
      field: "alias",
      message: "Optaget",
      status: 409,
    });
  });

  test("an answer that is not ours may be retried", async () => {
    const { client } = answering(502, "<html>");
    await assert.rejects(client.call("account.get"), { code: "internal", then: "retry" });
  });
});

describe("ids", () => {
  test("are UUIDs of version 7 that sort by the time they were made", () => {
    const ids = [0, 1, 1_700_000_000_000, 1_700_000_000_001].map((now) => uuid7(now, Math.random));
    for (const id of ids)
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual([...ids].sort(), ids);
  });
});
