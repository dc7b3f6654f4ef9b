// Messages on their way. One at a time for each conversation, in the order in which they were
// written; a message keeps its client_id until it is stored, so that a resend stores nothing twice.
//
//   state     means                                      leaves it
//   sending   queued, on the wire, or waiting to retry   ack -> gone from here; refusal -> failed
//   failed    refused; the person decides                retry -> sending; discard -> gone
//
// No I/O and no clock here. An item is
// { client_id, conversation?, bubble?, text, at, state, code?, message? }: a reply to a bubble has a
// bubble and no conversation until it is acked. Changes of messages (changes.js) go the same way.

const RETRY_MS = 2_000; // when a refusal says that it may be retried, but not when

/** What must arrive in order among itself. */
const lane = (item) => item.conversation ?? `bubble ${item.bubble}`;

export class Outbox {
  #items;
  #flying = new Set(); // client_ids on the wire
  #notBefore = new Map(); // client_id -> when it may be tried again

  /** `items` are those of an earlier page load, in any order; ids of version 7 sort by time. */
  constructor(items = []) {
    this.#items = [...items].sort((a, b) => (a.client_id < b.client_id ? -1 : 1));
  }

  /** All that is not stored yet, oldest first. */
  get items() {
    return this.#items;
  }

  /** When `ready` may give more than now; Infinity when only an answer can change that. */
  get deadline() {
    return Math.min(
      Infinity,
      ...this.#heads().map(({ client_id }) => this.#notBefore.get(client_id) ?? Infinity),
    );
  }

  /** Queues an item, not to go out before a moment. */
  add(item, notBefore = 0) {
    this.#items.push({ ...item, state: "sending" });
    if (notBefore) this.#notBefore.set(item.client_id, notBefore);
  }

  /** Those that are not on the wire. */
  get waiting() {
    return this.#items.filter(({ client_id }) => !this.#flying.has(client_id));
  }

  /** Those to be sent now; they count as on the wire from here on. */
  ready(now) {
    const ready = this.#heads().filter(
      ({ client_id }) => now >= (this.#notBefore.get(client_id) ?? 0),
    );
    for (const { client_id } of ready) {
      this.#notBefore.delete(client_id);
      this.#flying.add(client_id);
    }
    return ready;
  }

  // The next of each lane that has nothing on the wire.
  #heads() {
    const heads = new Map();
    for (const item of this.#items) {
      if (item.state === "sending" && !heads.has(lane(item))) heads.set(lane(item), item);
    }
    return [...heads.values()].filter(({ client_id }) => !this.#flying.has(client_id));
  }

  /** A new connection: whatever waited may be tried at once. */
  reconnected() {
    this.#flying.clear();
    this.#notBefore.clear();
  }

  /** Nothing waits for its moment any more, but what waits for a login. */
  hurry() {
    for (const [id, moment] of this.#notBefore) if (moment !== Infinity) this.#notBefore.delete(id);
  }

  /** It is stored: gives the item, which is no longer here. */
  acked(clientId) {
    return this.discard(clientId);
  }

  /** The server said no, or the answer was lost: gives the item as it stands now. */
  refused(clientId, error, now) {
    this.#flying.delete(clientId);
    if (error.then === "retry") {
      if (error.code !== "disconnected") {
        this.#notBefore.set(clientId, now + (error.retryAfterMs ?? RETRY_MS));
      }
      return this.#find(clientId);
    }
    // A session that has ended refuses nothing: the message goes out after the next login.
    if (error.then === "log_in") {
      this.#notBefore.set(clientId, Infinity);
      return this.#find(clientId);
    }
    return this.#change(clientId, { state: "failed", code: error.code, message: error.message });
  }

  /** The person tries a failed message again, under `newId` if its own names another message. */
  retry(clientId, newId) {
    const item = this.#find(clientId);
    const id = item?.code === "client_id_reused" ? newId : clientId;
    return this.#change(clientId, {
      client_id: id,
      state: "sending",
      code: undefined,
      message: undefined,
    });
  }

  /** Takes an item out, and gives it. */
  discard(clientId) {
    const item = this.#find(clientId);
    this.#items = this.#items.filter((other) => other !== item);
    this.#flying.delete(clientId);
    this.#notBefore.delete(clientId);
    return item;
  }

  #find(clientId) {
    return this.#items.find((item) => item.client_id === clientId);
  }

  #change(clientId, fields) {
    const at = this.#items.findIndex((item) => item.client_id === clientId);
    if (at < 0) return undefined;
    this.#items[at] = { ...this.#items[at], ...fields };
    return this.#items[at];
  }
}
