// Replays a golden transcript against the client's core: what the server sends in it is fed in, what
// the client sends in it must come out. A string that begins with `$` stands for a value of
// values.json, or for itself. The format: protocol/golden/README.md.

import assert from "node:assert/strict";

import { Connection, closeBehaviour } from "../../protocol/clients/javascript/connection.js";

/** Matches `actual` against `pattern`, binding wildcards in `bound`; says where it does not fit. */
export function fits(pattern, actual, bound, path = "frame") {
  if (typeof pattern === "string" && pattern.startsWith("$")) {
    if (bound.has(pattern)) assert.deepEqual(actual, bound.get(pattern), `${path} is ${pattern}`);
    else bound.set(pattern, actual);
  } else if (pattern !== null && typeof pattern === "object") {
    assert.deepEqual(Object.keys(actual ?? {}), Object.keys(pattern), path);
    for (const key of Object.keys(pattern))
      fits(pattern[key], actual[key], bound, `${path}.${key}`);
  } else assert.deepEqual(actual, pattern, path);
}

/** Writes a pattern with what its wildcards stand for; one that stands for nothing yet, for itself. */
export function fill(pattern, bound) {
  if (typeof pattern === "string" && pattern.startsWith("$")) {
    if (!bound.has(pattern)) bound.set(pattern, pattern);
    return bound.get(pattern);
  }
  if (Array.isArray(pattern)) return pattern.map((each) => fill(each, bound));
  if (pattern === null || typeof pattern !== "object") return pattern;
  return Object.fromEntries(
    Object.entries(pattern).map(([key, value]) => [key, fill(value, bound)]),
  );
}

/** What the core sends without being asked. */
const OWN = new Set(["session.authenticate", "session.resume"]);

export class Replay {
  #bound;
  #connection;
  #ids = new Map(); // the id of a command in the transcript -> the client's own
  #sent = [];
  #told = [];
  #now = 0;

  /** `values` is what wildcards stand for. */
  constructor({ steps }, values) {
    this.#bound = new Map(Object.entries(values));
    const authenticate = steps.find(({ client }) => client?.command === "session.authenticate");
    const token = authenticate ? fill(authenticate.client.data.token, this.#bound) : null;
    this.#connection = new Connection({ random: () => 0, token });
    this.#reconnect();
  }

  step(step) {
    if (step.client) this.#client(step.client);
    else if (step.server) this.#server(step.server);
    else if (step.close) this.#close(step.close);
    else if (step.world)
      return; // it happens elsewhere
    else assert.fail(`no such step: ${JSON.stringify(step)}`);
    this.#now += 1;
  }

  #client(frame) {
    const data = fill(frame.data ?? {}, this.#bound);
    if (!OWN.has(frame.command)) this.#connection.command(frame.command, data, this.#now);
    this.#take();
    const sent = this.#sent.shift();
    assert.ok(sent, `${frame.command} was not sent`);
    assert.equal(sent.command, frame.command);
    fits(data, sent.data, this.#bound, frame.command);
    this.#ids.set(frame.id, sent.id);
  }

  #server(pattern) {
    const frame = fill(pattern, this.#bound);
    const isReply = "ok" in frame;
    if (isReply && this.#ids.has(frame.id)) frame.id = this.#ids.get(frame.id);
    const before = this.#connection.state;
    this.#connection.received(JSON.stringify(frame), this.#now);
    this.#take();
    if (frame.event === "hello") assert.notEqual(this.#connection.state, before);
    if (frame.cursor && this.#connection.state === "online") {
      assert.equal(this.#connection.cursor, frame.cursor);
    }
    this.#told = [];
  }

  #close(code) {
    this.#connection.closed(code, this.#now);
    this.#take();
    const stops = ["stop", "log_in"].includes(closeBehaviour(code));
    assert.equal(this.#connection.state, stops ? "stopped" : "waiting");
    this.#reconnect();
  }

  // Until a socket is open again, as a server would see it.
  #reconnect() {
    if (this.#connection.state === "waiting") {
      this.#now = Math.max(this.#now, this.#connection.deadline);
      this.#connection.tick(this.#now);
    } else this.#connection.start(this.#now);
    this.#connection.opened(this.#now);
    this.#take();
  }

  #take() {
    for (const effect of this.#connection.take()) {
      if (effect.do === "send") this.#sent.push(JSON.parse(effect.text));
      if (effect.do === "tell") this.#told.push(effect.what);
    }
  }
}
