// The shell around the core: a WebSocket, fetch, one timer and a storage. See README.md.

import { Connection } from "./connection.js";
import { SamtaleError } from "./errors.js";
import { SUBPROTOCOL } from "./operations.js";
import { Queues } from "./queues.js";
import { placeRequest } from "./request.js";
import { Typing } from "./typing.js";

export { SamtaleError };

/** Muted until then: for ever. */
export const FOR_EVER = Number.MAX_SAFE_INTEGER;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class SamtaleClient {
  #io;
  #token;
  #connection;
  #queues;
  #typing = new Typing();
  #watched = []; // the conversations in which presence is watched
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
    this.#queues = new Queues({
      ask: (name, data) => this.command(name, data),
      tell: (what, value) => {
        this.#tell(what, value);
        if (what === "outbox") this.#flush();
      },
      now,
      random,
    });
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
    return this.#queues.messages;
  }

  /** Changes of messages that are not done yet, oldest first: see changes.js. */
  get changes() {
    return this.#queues.changes;
  }

  /**
   * Hears of: state {state, behaviour?}, hello, event (a frame), resumed (a page of what was
   * missed), resync, sent {item, sent}, refused {item, error} (a change of a message), presence
   * (the answer to `watchPresence`), unheard {command, error} (what was said was refused), outbox
   * (something in it, or in changes, changed).
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
    this.#queues.begin(account ? this.#io.storage : null, account);
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
    this.#queues.clear();
    this.#watched = [];
    this.#connection = new Connection({ random: this.#io.random, token: this.#token });
  }

  /** Does an operation over the socket. Throws SamtaleError; `disconnected` when there is none. */
  async command(name, data = {}) {
    const id = this.#connection.command(name, data, this.#io.now());
    const reply = new Promise((resolve, reject) => this.#replies.set(id, { resolve, reject }));
    this.#go();
    return reply;
  }

  /** Whether what is said now is answered only if it is refused. */
  get maySayQuietly() {
    return this.#connection.mayBeQuiet(this.#io.now());
  }

  /** Says something whose answer nobody waits for, quietly if that may be. Throws as `command`. */
  async say(name, data) {
    if (!this.maySayQuietly) return this.command(name, data);
    this.#connection.say(name, data);
    this.#go();
    return undefined;
  }

  /** Over the socket while there is one, else over HTTP. */
  async #either(name, data) {
    return this.state === "online" ? this.command(name, data) : this.call(name, data);
  }

  // --- messages

  /** Queues a message; it is sent once, in order, however often the connection breaks. */
  send(conversation, text, { replyTo, picture } = {}) {
    this.#typing.sent(conversation);
    const more = { reply_to: replyTo ?? undefined, picture: picture ?? undefined };
    return this.#queues.send({ conversation, text, ...more });
  }

  /** Queues a reply to a bubble; the first opens the conversation. */
  reply(bubble, text) {
    return this.#queues.send({ bubble, text });
  }

  /** Tries a failed message again. */
  retry(clientId) {
    this.#queues.retry(clientId);
  }

  /** Drops a failed message. */
  discard(clientId) {
    this.#queues.discard(clientId);
  }

  /** Gives one's own message another text. Like all changes queued, and safe to repeat. */
  edit(conversation, seq, text) {
    return this.#queues.change("message.edit", conversation, seq, { text });
  }

  /** Takes one's own message back, for everyone. */
  remove(conversation, seq) {
    return this.#queues.change("message.delete", conversation, seq);
  }

  /** Reacts to a message, or takes it back. */
  react(conversation, seq, reaction, on) {
    const command = on ? "reaction.add" : "reaction.remove";
    return this.#queues.change(command, conversation, seq, { reaction });
  }

  /** Pins a message for everyone, or unpins it. */
  pin(conversation, seq, on) {
    return this.#queues.change(on ? "message.pin" : "message.unpin", conversation, seq);
  }

  /** A page of history. Throws SamtaleError. */
  history(conversation, { before, after, around, since, limit } = {}) {
    return this.#either("history.fetch", { conversation, before, after, around, since, limit });
  }

  /** Messages with these words, in all conversations or one. Throws SamtaleError. */
  search(query, { conversation, before, limit } = {}) {
    return this.#either("message.search", { query, conversation, before, limit });
  }

  // --- one's own side of a conversation

  /** Mutes, archives, marks as unread: what is given. Throws SamtaleError. */
  updateConversation(conversation, { mutedUntil, archived, markedUnread }) {
    const changes = { muted_until: mutedUntil, archived, marked_unread: markedUnread };
    return this.#either("conversation.update", { conversation, ...changes });
  }

  /** Leaves for good. Throws SamtaleError. */
  leave(conversation) {
    return this.#either("conversation.leave", { conversation });
  }

  /** Keeps what one is writing, here at once and for one's other devices soon. */
  saveDraft(conversation, text) {
    this.#queues.saveDraft(conversation, text);
  }

  /** Says at once what one is writing: one is about to leave the page. */
  sayDrafts() {
    this.#queues.hurryDrafts();
    this.#flush();
  }

  /** The draft that was kept here and that the server does not know yet; else undefined. */
  draft(conversation) {
    return this.#queues.draft(conversation);
  }

  // --- signs

  /** Says that one is "writing" or "thinking", or null for neither: as often as one likes. */
  typing(conversation, doing) {
    if (this.state !== "online") return;
    this.#sayAll(this.#typing.say(conversation, doing, this.#io.now()));
    this.#setTimer();
  }

  /** Hears of who comes and goes in these conversations, instead of those named before. */
  watchPresence(conversations) {
    this.#watched = conversations;
    if (this.state === "online") this.#watch();
  }

  // --- inside

  // Not under somebody else's login.
  get #maySend() {
    return this.state === "online" && [null, this.hello.account.id].includes(this.#account);
  }

  #flush() {
    if (this.state === "online") this.#sayAll(this.#typing.ready(this.#io.now()));
    if (this.#maySend) this.#queues.flush();
    this.#setTimer();
  }

  // Signs are not worth a second try, but what was said too early is said when it may be.
  #sayAll(commands) {
    for (const [name, data] of commands)
      this.say(name, data).catch((error) => this.#refused(name, data, error));
  }

  #refused(name, data, { code, retryAfterMs }) {
    if (name !== "typing.start" || code !== "rate_limited") return;
    this.#typing.refused(data, this.#io.now() + retryAfterMs);
    this.#setTimer();
  }

  #watch() {
    const asked = this.command("presence.watch", { conversations: this.#watched });
    asked.then((presences) => this.#tell("presence", presences)).catch(() => {});
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
    if (what !== "state") return;
    if (value.state !== "online") this.#typing.reset();
    else {
      this.#queues.reconnected();
      if (this.#watched.length) this.#watch();
      this.#flush();
    }
  }

  #settle(reply) {
    if (reply.id === null) {
      this.#unheard(reply.command, SamtaleError.fromWire(reply.error));
      return;
    }
    const waiting = this.#replies.get(reply.id);
    this.#replies.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.data);
    else waiting?.reject(SamtaleError.fromWire(reply.error));
  }

  // What was said quietly is refused: of several signs, the last.
  #unheard(command, error) {
    this.#refused(command, this.#typing.last, error);
    this.#tell("unheard", { command, error });
  }

  #setTimer() {
    clearTimeout(this.#timer);
    const queued = this.#maySend ? [this.#typing, this.#queues] : [];
    const deadline = Math.min(...[this.#connection, ...queued].map((one) => one.deadline));
    if (deadline === Infinity) return;
    const wait = Math.min(Math.max(0, deadline - this.#io.now()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => {
      this.#connection.tick(this.#io.now());
      this.#go();
      this.#flush();
    }, wait);
  }

  #open() {
    const url = new URL(`${this.#io.base}/api/v1/socket`, globalThis.location?.href);
    url.protocol = url.protocol.replace("http", "ws");
    if (this.#token) url.search = "?token"; // and not whoever the browser's cookie belongs to
    if (this.#token) url.search = "token"; // else the browser's cookie would say who comes
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
