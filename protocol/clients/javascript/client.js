// The shell around the core: a WebSocket, fetch, one timer and a storage. See README.md.

import { Connection } from "./connection.js";
import { SamtaleError } from "./errors.js";
import { uuid7 } from "./identifiers.js";
import { SUBPROTOCOL } from "./operations.js";
import { Outbox } from "./outbox.js";
import { placeRequest } from "./request.js";
import { Shelf } from "./shelf.js";

export { SamtaleError };

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class SamtaleClient {
  #io;
  #token;
  #connection;
  #outbox = new Outbox();
  #shelf = new Shelf(null, "");
  #account = null;
  #socket = null;
  #timer = null;
  #replies = new Map(); // command id -> { resolve, reject }
  #listeners = new Map(); // what -> Set of functions
  #stopListening = () => {};

  /**
   * `base` is the server's origin, empty for the page's own. `token` is an app's bearer token; a
   * browser has a cookie. `language` is asked for the words of errors. `storage` is a Web Storage
   * that keeps unsent messages over a reload. The rest can be replaced by tests.
   */
  constructor({
    base = "",
    token = null,
    language = "da",
    fetch = globalThis.fetch?.bind(globalThis),
    WebSocket = globalThis.WebSocket,
    storage = null,
    now = Date.now,
    random = Math.random,
  } = {}) {
    this.#io = { base, fetch, WebSocket, storage, now, random };
    this.#token = token;
    this.language = language;
    this.#connection = new Connection({ random, token });
  }

  /** idle, waiting, opening, greeting, resuming, online or stopped: see connection.js. */
  get state() {
    return this.#connection.state;
  }

  /** The last hello, or null. */
  get hello() {
    return this.#connection.hello;
  }

  /** Messages that are not stored yet, oldest first: see outbox.js. */
  get outbox() {
    return this.#outbox.items;
  }

  /**
   * Hears of: state {state, behaviour?}, hello, event (a frame), resumed (a page of what was
   * missed), resync, sent {item, sent}, outbox (something in it changed).
   * Gives a function that ends it.
   */
  on(what, listener) {
    if (!this.#listeners.has(what)) this.#listeners.set(what, new Set());
    this.#listeners.get(what).add(listener);
    return () => this.#listeners.get(what).delete(listener);
  }

  /** Does an operation over HTTP. Throws SamtaleError. */
  async call(name, data = {}) {
    const { method, path, body } = placeRequest(name, data);
    return this.request(method, path, body, "application/json");
  }

  /** Asks for a path that is not in the table (a picture's upload), with the same errors. */
  async request(method, path, body, type) {
    const headers = { "Accept-Language": this.language };
    if (body !== null) headers["Content-Type"] = type;
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    const init = { method, headers, body, credentials: "same-origin" };
    let response;
    let answer;
    try {
      response = await this.#io.fetch(this.#io.base + path, init);
      answer = await response.json();
    } catch {
      throw response
        ? new SamtaleError({ code: "internal", then: "retry", status: response.status })
        : SamtaleError.disconnected();
    }
    if (!response.ok) throw SamtaleError.fromWire(answer.error ?? answer, response.status);
    return answer;
  }

  /** Connects as `account` (an id), now and again until `disconnect`; its unsent messages go out. */
  connect(account = null) {
    this.#account = account;
    this.#shelf = new Shelf(account ? this.#io.storage : null, account);
    this.#outbox = new Outbox(this.#shelf.items());
    this.#stopListening();
    this.#stopListening = this.#listenForWaking();
    this.#connection.start(this.#io.now());
    this.#go();
    this.#tell("outbox", null);
  }

  disconnect() {
    this.#stopListening();
    this.#connection.stop(this.#io.now());
    this.#go();
  }

  /** Disconnects and leaves no unsent message behind, at logout. */
  forget() {
    this.disconnect();
    this.#shelf.clear();
    this.#outbox = new Outbox();
    this.#connection = new Connection({ random: this.#io.random, token: this.#token });
  }

  /** Does an operation over the socket. Throws SamtaleError; `disconnected` when there is none. */
  async command(name, data = {}) {
    const id = this.#connection.command(name, data, this.#io.now());
    const reply = new Promise((resolve, reject) => this.#replies.set(id, { resolve, reject }));
    this.#go();
    return reply;
  }

  /** Queues a message; it is sent once, in order, however often the connection breaks. */
  send(conversation, text) {
    return this.#queue({ conversation, text });
  }

  /** Queues a reply to a bubble; the first opens the conversation. */
  reply(bubble, text) {
    return this.#queue({ bubble, text });
  }

  /** Tries a failed message again. */
  retry(clientId) {
    const item = this.#outbox.retry(clientId, this.#newId());
    this.#shelf.remove(clientId);
    if (item) this.#shelf.put(item);
    this.#outboxChanged();
  }

  /** Drops a failed message. */
  discard(clientId) {
    this.#outbox.discard(clientId);
    this.#shelf.remove(clientId);
    this.#outboxChanged();
  }

  #queue(what) {
    const item = { client_id: this.#newId(), at: this.#io.now(), state: "sending", ...what };
    this.#outbox.add(item);
    this.#shelf.put(item);
    this.#outboxChanged();
    return item;
  }

  #newId() {
    return uuid7(this.#io.now(), this.#io.random);
  }

  #outboxChanged() {
    this.#tell("outbox", null);
    this.#flush();
    this.#setTimer();
  }

  #flush() {
    if (this.state !== "online") return;
    if (this.#account && this.hello.account.id !== this.#account) return;
    for (const item of this.#outbox.ready(this.#io.now())) this.#dispatch(item);
  }

  async #dispatch(item) {
    const { client_id, text, conversation, bubble } = item;
    const outbox = this.#outbox;
    try {
      const sent = conversation
        ? await this.command("message.send", { conversation, client_id, text })
        : await this.command("bubble.reply", { bubble, client_id, text });
      outbox.acked(client_id);
      this.#shelf.remove(client_id);
      this.#tell("sent", { item, sent });
    } catch (error) {
      const now = outbox.refused(client_id, error, this.#io.now());
      if (now?.state === "failed") this.#shelf.put(now);
    }
    this.#outboxChanged();
  }

  // Lets the core's effects happen, then sets the one timer to what it waits for.
  #go() {
    for (const effect of this.#connection.take()) {
      if (effect.do === "open") this.#open();
      else if (effect.do === "send") this.#socket.send(effect.text);
      else if (effect.do === "drop") this.#drop();
      else this.#hear(effect.what, effect.value);
    }
    this.#setTimer();
  }

  #hear(what, value) {
    if (what === "reply") this.#settle(value);
    else if (what === "interrupted") {
      for (const id of value)
        this.#settle({ id, ok: false, error: { code: "disconnected", then: "retry" } });
    } else this.#tell(what, value);
    if (what === "state" && value.state === "online") {
      this.#outbox.reconnected();
      this.#flush();
    }
  }

  #settle(reply) {
    const waiting = this.#replies.get(reply.id);
    this.#replies.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.data);
    else waiting?.reject(SamtaleError.fromWire(reply.error));
  }

  #setTimer() {
    clearTimeout(this.#timer);
    const now = this.#io.now();
    const outbox = this.state === "online" ? this.#outbox.deadline : Infinity;
    // A message whose time has come waits for the one before it, not for a timer.
    const deadline = Math.min(this.#connection.deadline, outbox > now ? outbox : Infinity);
    if (deadline === Infinity) return;
    const wait = Math.min(Math.max(0, deadline - now), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => {
      this.#connection.tick(this.#io.now());
      this.#go();
      this.#flush();
    }, wait);
  }

  #open() {
    const url = new URL(`${this.#io.base}/api/v1/socket`, globalThis.location?.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new this.#io.WebSocket(url, [SUBPROTOCOL]);
    this.#socket = socket;
    const ifCurrent = (happened) => (event) => {
      if (this.#socket !== socket) return;
      happened(event, this.#io.now());
      this.#go();
    };
    socket.onopen = ifCurrent((_, now) => this.#connection.opened(now));
    socket.onmessage = ifCurrent((event, now) => this.#connection.received(event.data, now));
    socket.onclose = ifCurrent((event, now) => this.#connection.closed(event.code, now));
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #listenForWaking() {
    const { document, window } = globalThis;
    if (!document) return () => {};
    const wake = () => {
      if (document.visibilityState !== "visible") return;
      this.#connection.wake(this.#io.now());
      this.#go();
    };
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("online", wake);
    return () => {
      document.removeEventListener("visibilitychange", wake);
      window.removeEventListener("online", wake);
    };
  }

  #tell(what, value) {
    for (const listener of this.#listeners.get(what) ?? []) listener(value);
  }
}
