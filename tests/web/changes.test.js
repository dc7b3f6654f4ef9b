import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { expected, replaces } from "../../protocol/clients/javascript/changes.js";
import { FarEnd, Storage, connected, settled } from "./far-end.js";
import { message } from "./frames.js";

const change = (command, seq = 1, data = {}) => ({ command, conversation: "c1", seq, data, at: 9 });

describe("of changes that wait, a later one takes the place of", () => {
  const add = change("reaction.add", 1, { reaction: "heart" });
  const remove = change("reaction.remove", 1, { reaction: "heart" });
  const laugh = change("reaction.add", 1, { reaction: "laugh" });
  const [edit, unpin] = [change("message.edit"), change("message.unpin")];
  const [pin, gone] = [change("message.pin"), change("message.delete")];

  for (const [later, earlier, does] of [
    [remove, add, true],
    [laugh, add, false],
    [change("message.edit"), edit, true],
    [change("message.edit", 2), edit, false],
    [pin, unpin, true],
    [gone, edit, true],
    [gone, add, true],
    [edit, gone, false],
    [edit, pin, false],
  ]) {
    const name = `${earlier.command} by ${later.command}: ${does}`;
    test(name, () => assert.equal(replaces(later, earlier), does));
  }
});

describe("a message as it will be", () => {
  test("is edited, reacted to, pinned, or gone", () => {
    const before = message(1, { reactions: [{ kind: "heart", members: [2] }] });
    const after = (command, data) => expected(before, change(command, 1, data), 1);
    assert.equal(after("message.edit", { text: "ny" }).text, "ny");
    assert.deepEqual(after("reaction.add", { reaction: "heart" }).reactions, [
      { kind: "heart", members: [1, 2] },
    ]);
    assert.deepEqual(after("reaction.remove", { reaction: "heart" }).reactions, before.reactions);
    assert.equal(after("message.pin").pinned, true);
    const { deleted, text, reactions } = after("message.delete");
    assert.deepEqual([deleted, text, reactions], [true, "", undefined]);
  });
});

describe("changes made without a connection", () => {
  test("go out once, in order, when there is one", async (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    const done = [client.edit("c1", 1, "et"), client.pin("c1", 2, true)];
    client.edit("c1", 1, "to");
    socket.greets();
    assert.deepEqual(socket.asked("message.pin"), [{ conversation: "c1", seq: 2 }]);
    assert.deepEqual(socket.asked("message.edit"), []);
    socket.answers("message.pin", { conversation: "c1", seq: 5 });
    await settled();
    assert.deepEqual(socket.asked("message.edit"), [{ conversation: "c1", seq: 1, text: "to" }]);
    socket.answers("message.edit", { conversation: "c1", seq: 6 });
    assert.deepEqual(
      (await Promise.all(done)).map(({ seq }) => seq),
      [6, 5],
    );
    assert.deepEqual(client.changes, []);
  });

  test("outlive a reload", (t) => {
    const before = connected();
    before.client.react("c1", 1, "heart", true);
    before.client.disconnect();
    const { client, socket } = connected(before.storage);
    t.after(() => client.disconnect());
    socket.greets();
    assert.deepEqual(socket.asked("reaction.add"), [
      { conversation: "c1", seq: 1, reaction: "heart" },
    ]);
  });

  test("of which one was undone go out as what was wanted last", (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    client.react("c1", 1, "heart", true);
    client.react("c1", 1, "heart", false);
    socket.greets();
    assert.deepEqual(
      socket.frames.map(({ command }) => command),
      ["reaction.remove"],
    );
  });
});

describe("a change", () => {
  test("whose answer was lost is asked for again", async (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    const done = client.remove("c1", 1);
    socket.greets();
    socket.onclose({ code: 4200 });
    const again = await FarEnd.next();
    again.greets();
    again.answers("session.resume", { conversations: [], account: null, cursor: "c2", more: false });
    await settled();
    again.answers("message.delete", { conversation: "c1", seq: 2 });
    assert.equal((await done).seq, 2);
  });

  test("that is refused is over, and said so", async (t) => {
    const { client, storage, socket } = connected();
    t.after(() => client.disconnect());
    const refused = [];
    client.on("refused", ({ item, error }) => refused.push([item.command, error.code]));
    const done = client.edit("c1", 1, "sent");
    socket.greets();
    socket.answers("message.edit", null, { code: "gone", message: "", then: "stop" });
    await assert.rejects(done, { code: "gone" });
    assert.deepEqual(refused, [["message.edit", "gone"]]);
    assert.equal(storage.length, 0);
  });
});

describe("a draft", () => {
  test("is kept at once, and said at the end of two seconds, only the last of it", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const { client, storage, socket } = connected(new Storage(), { now: () => Date.now() });
    t.after(() => client.disconnect());
    socket.greets();
    for (const text of ["J", "Jeg", "Jeg vil"]) client.saveDraft("c1", text);
    assert.equal(client.draft("c1"), "Jeg vil");
    assert.equal(storage.length, 1);
    t.mock.timers.tick(1_999);
    assert.deepEqual(socket.asked("draft.save"), []);
    t.mock.timers.tick(1);
    assert.deepEqual(socket.asked("draft.save"), [{ conversation: "c1", text: "Jeg vil" }]);
    socket.answers("draft.save", {});
    await settled();
    assert.equal(client.draft("c1"), undefined);
    assert.equal(storage.length, 0);
  });

  test("is said at once by whoever leaves the page", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const { client, socket } = connected(new Storage(), { now: () => Date.now() });
    t.after(() => client.disconnect());
    socket.greets();
    for (const text of ["J", "Jeg"]) client.saveDraft("c1", text);
    assert.deepEqual(socket.asked("draft.save"), []);
    client.sayDrafts();
    assert.deepEqual(socket.asked("draft.save"), [{ conversation: "c1", text: "Jeg" }]);
    client.sayDrafts();
    assert.equal(socket.asked("draft.save").length, 1);
  });
});

describe("over the socket", () => {
  test("a message says what it answers and shows", (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    const picture = { id: "p1", width: 4, height: 3 };
    client.send("c1", "ja", { replyTo: 3, picture });
    socket.greets();
    const { client_id, ...said } = socket.frames[0].data;
    assert.deepEqual(said, { conversation: "c1", text: "ja", reply_to: 3, picture: "p1" });
  });

  test("what a picture shows goes with it", (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    client.send("c1", "", { picture: { id: "p1", width: 4, height: 3, description: "En bænk" } });
    socket.greets();
    const { picture, description } = socket.frames[0].data;
    assert.deepEqual({ picture, description }, { picture: "p1", description: "En bænk" });
  });

  test("one's own side has the names of the wire", (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    socket.greets();
    client.updateConversation("c1", { mutedUntil: null, markedUnread: true }).catch(() => {});
    assert.deepEqual(socket.asked("conversation.update"), [
      { conversation: "c1", muted_until: null, marked_unread: true },
    ]);
  });

  test("presence is watched again after every reconnect", async (t) => {
    const { client, socket } = connected();
    t.after(() => client.disconnect());
    const heard = [];
    client.on("presence", (presences) => heard.push(presences));
    client.watchPresence(["c1"]);
    socket.greets();
    socket.answers("presence.watch", { conversations: [] });
    await settled();
    assert.deepEqual(heard, [{ conversations: [] }]);
    socket.onclose({ code: 4200 });
    const again = await FarEnd.next();
    again.greets();
    again.answers("session.resume", { conversations: [], account: null, cursor: "c2", more: false });
    assert.deepEqual(again.asked("presence.watch"), [{ conversations: ["c1"] }]);
  });
});
