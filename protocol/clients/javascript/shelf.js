// What is not sent yet in Web Storage, one key each, so that two tabs of one person never overwrite each
// other's; both may send the same message, and the server stores it once (G3).

export class Shelf {
  #storage;
  #prefix;

  /** `storage` is a Web Storage, or null to keep nothing; `what` is kept apart from the rest. */
  constructor(storage, account, what = "outbox") {
    this.#storage = storage;
    this.#prefix = `samtale.${what}.${account}.`;
  }

  /** The messages kept, in no order. */
  items() {
    return this.#keys().flatMap((key) => {
      try {
        return [JSON.parse(this.#storage.getItem(key))];
      } catch {
        this.#storage.removeItem(key); // cut short by a full disk: there is no message to save
        return [];
      }
    });
  }

  put(item) {
    try {
      this.#storage?.setItem(this.#prefix + item.client_id, JSON.stringify(item));
    } catch {
      // Storage is full or forbidden: the message still goes out from memory.
    }
  }

  remove(clientId) {
    this.#storage?.removeItem(this.#prefix + clientId);
  }

  /** Leaves nothing behind, at logout. */
  clear() {
    for (const key of this.#keys()) this.#storage.removeItem(key);
  }

  #keys() {
    const all = Array.from({ length: this.#storage?.length ?? 0 }, (_, at) =>
      this.#storage.key(at),
    );
    return all.filter((key) => key.startsWith(this.#prefix));
  }
}
