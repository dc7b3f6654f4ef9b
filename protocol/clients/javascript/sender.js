// Sends what is queued, each once it may go out, and keeps it on a shelf until it is settled.

import { Outbox } from "./outbox.js";
import { Shelf } from "./shelf.js";

export class Sender {
  #ask;
  #done;
  #failed;
  #now;
  #outbox = new Outbox();
  #shelf = new Shelf(null, "");

  /**
   * `ask(item)` asks the server, and throws SamtaleError; `done(item, answer)` and
   * `failed(item, error)` hear how it ended, after any number of tries.
   */
  constructor({ ask, done, failed, now }) {
    this.#ask = ask;
    this.#done = done;
    this.#failed = failed;
    this.#now = now;
  }

  /** All that is not settled, oldest first. */
  get items() {
    return this.#outbox.items;
  }

  /** When `flush` may send more; Infinity when only an answer can change that. */
  get deadline() {
    return this.#outbox.deadline;
  }

  /** Takes what a shelf has kept of an earlier page load, instead of what is here. */
  begin(shelf) {
    this.#shelf = shelf;
    this.#outbox = new Outbox(shelf.items());
  }

  /** Leaves nothing behind. */
  clear() {
    this.#shelf.clear();
    this.#outbox = new Outbox();
  }

  /** Queues an item, not to go out before a moment. */
  add(item, notBefore = 0) {
    this.#outbox.add(item, notBefore);
    this.#shelf.put(item);
  }

  /** Takes those out that have not gone out, and gives them. */
  withdraw(isPointless) {
    const withdrawn = this.#outbox.waiting.filter(isPointless);
    for (const { client_id } of withdrawn) this.discard(client_id);
    return withdrawn;
  }

  retry(clientId, newId) {
    const item = this.#outbox.retry(clientId, newId);
    this.#shelf.remove(clientId);
    if (item) this.#shelf.put(item);
  }

  discard(clientId) {
    this.#outbox.discard(clientId);
    this.#shelf.remove(clientId);
  }

  /** A new connection: whatever waited may be tried at once. */
  reconnected() {
    this.#outbox.reconnected();
  }

  /** What waits for its moment goes out with the next flush. */
  hurry() {
    this.#outbox.hurry();
  }

  flush() {
    for (const item of this.#outbox.ready(this.#now())) this.#send(item);
  }

  async #send(item) {
    const [outbox, shelf] = [this.#outbox, this.#shelf];
    let answer;
    try {
      answer = await this.#ask(item);
    } catch (error) {
      const now = outbox.refused(item.client_id, error, this.#now());
      if (now?.state === "failed") shelf.put(now);
      this.#failed(item, error, now);
      return;
    }
    outbox.acked(item.client_id);
    shelf.remove(item.client_id);
    this.#done(item, answer);
  }
}
