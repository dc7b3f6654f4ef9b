// What waits for the connection: messages, changes of messages, and drafts. Each is kept on a shelf
// over a reload, and told of until it is settled.

import { replaces } from "./changes.js";
import { SamtaleError } from "./errors.js";
import { uuid7 } from "./identifiers.js";
import { Sender } from "./sender.js";
import { Shelf } from "./shelf.js";

const DRAFT_MS = 2_000; // a draft is said once in this time, at its end

export class Queues {
  #ask;
  #tell;
  #now;
  #random;
  #messages = this.#sender((item) => this.#sendMessage(item));
  #changes = this.#sender((item) => this.#sendChange(item));
  #drafts = this.#sender((item) => this.#sendChange(item));
  #draftsDue = new Map(); // conversation -> when its draft is said next
  #promised = new Map(); // client_id of a change -> those who wait for it: { resolve, reject }

  /**
   * `ask(name, data)` does an operation over the socket. `tell(what, value)` hears of sent, refused,
   * and outbox, after which `flush` may have more to send.
   */
  constructor({ ask, tell, now, random }) {
    this.#ask = ask;
    this.#tell = tell;
    this.#now = now;
    this.#random = random;
  }

  get messages() {
    return this.#messages.items;
  }

  get changes() {
    return this.#changes.items;
  }

  /** When `flush` may send more than now. */
  get deadline() {
    return Math.min(...this.#all.map(({ deadline }) => deadline));
  }

  /** Takes up what a storage has kept of an earlier page load. */
  begin(storage, account) {
    this.#messages.begin(new Shelf(storage, account));
    this.#changes.begin(new Shelf(storage, account, "changes"));
    this.#drafts.begin(new Shelf(storage, account, "drafts"));
  }

  /** Leaves nothing behind. */
  clear() {
    for (const sender of this.#all) sender.clear();
    for (const clientId of this.#promised.keys()) {
      this.#settle(clientId, "reject", SamtaleError.disconnected());
    }
  }

  reconnected() {
    for (const sender of this.#all) sender.reconnected();
  }

  flush() {
    for (const sender of this.#all) sender.flush();
  }

  /** Queues a message: its text, and where it goes. */
  send(what) {
    const item = this.#item(what);
    this.#messages.add(item);
    this.#tell("outbox", null);
    return item;
  }

  retry(clientId) {
    this.#messages.retry(clientId, this.#newId());
    this.#tell("outbox", null);
  }

  discard(clientId) {
    this.#messages.discard(clientId);
    this.#tell("outbox", null);
  }

  /** Queues a change of a message; gives a promise of its answer, however late that comes. */
  change(command, conversation, seq, data = {}) {
    const item = this.#item({ command, conversation, seq, data });
    const replaced = this.#changes.withdraw((earlier) => replaces(item, earlier));
    const waiting = replaced.flatMap(({ client_id }) => this.#takePromised(client_id));
    const done = new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    done.catch(() => {}); // whoever does not wait for it may listen to "refused"
    this.#promised.set(item.client_id, waiting);
    this.#changes.add(item);
    this.#tell("outbox", null);
    return done;
  }

  saveDraft(conversation, text) {
    const item = this.#item({ command: "draft.save", conversation, data: { text } });
    this.#drafts.withdraw((earlier) => replaces(item, earlier));
    const due = this.#draftsDue.get(conversation) ?? 0;
    this.#draftsDue.set(conversation, due > item.at ? due : item.at + DRAFT_MS);
    this.#drafts.add(item, this.#draftsDue.get(conversation));
    this.#tell("outbox", null);
  }

  hurryDrafts() {
    this.#draftsDue.clear();
    this.#drafts.hurry();
  }

  draft(conversation) {
    const kept = this.#drafts.items.filter((item) => item.conversation === conversation);
    return kept.at(-1)?.data.text;
  }

  get #all() {
    return [this.#messages, this.#changes, this.#drafts];
  }

  #sender(ask) {
    return new Sender({
      ask,
      done: (item, answer) => this.#done(item, answer),
      failed: (item, error, now) => this.#failed(item, error, now),
      now: () => this.#now(),
    });
  }

  #sendMessage({ client_id, conversation, bubble, text, reply_to, picture }) {
    if (!conversation) return this.#ask("bubble.reply", { bubble, client_id, text });
    const data = { conversation, client_id, text, reply_to, picture: picture?.id ?? picture };
    if (picture?.description) data.description = picture.description;
    return this.#ask("message.send", data);
  }

  #sendChange({ command, conversation, seq, data }) {
    return this.#ask(command, { conversation, seq, ...data });
  }

  #item(what) {
    return { client_id: this.#newId(), at: this.#now(), state: "sending", ...what };
  }

  #newId() {
    return uuid7(this.#now(), this.#random);
  }

  #done(item, answer) {
    if (item.command) this.#settle(item.client_id, "resolve", answer);
    else this.#tell("sent", { item, sent: answer });
    this.#tell("outbox", null);
  }

  // A message that was refused waits for the person; anything else is over.
  #failed(item, error, now) {
    if (item.command && now?.state === "failed") {
      for (const sender of [this.#changes, this.#drafts]) sender.discard(item.client_id);
      this.#settle(item.client_id, "reject", error);
      if (item.seq) this.#tell("refused", { item, error });
    }
    this.#tell("outbox", null);
  }

  #settle(clientId, how, value) {
    for (const waiting of this.#takePromised(clientId)) waiting[how](value);
  }

  #takePromised(clientId) {
    const waiting = this.#promised.get(clientId) ?? [];
    this.#promised.delete(clientId);
    return waiting;
  }
}
