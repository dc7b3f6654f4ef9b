// When to say what has arrived (`conversation.delivered`). Of what was said quietly, without waiting
// for an answer, nobody knows whether it was heard when the connection breaks, or when something that
// was said quietly is refused: it is in doubt, and said again, now with an answer. So it is with what
// comes in many conversations at once. Of each one is under way at a time then, so that many messages
// are told of at once. No I/O and no clock.

const AT_ONCE = 8; // conversations told of at the same time

export class Arrivals {
  #arrived = new Map(); // conversation -> seq, to be said
  #flying = new Set(); // conversations: said, and the answer is awaited
  #quiet = new Map(); // conversation -> seq, said quietly over this connection
  #doubted = new Set(); // conversations of which an answer is wanted the next time

  /** What has not been answered yet, of what is to be. */
  get size() {
    return this.#arrived.size + this.#flying.size;
  }

  /** Up to a seq, messages of others have arrived in a conversation. */
  add(conversation, seq) {
    this.#arrived.set(conversation, Math.max(seq, this.#arrived.get(conversation) ?? 0));
  }

  /** What to say now; quietly, if that may be. */
  ready(mayBeQuiet = false) {
    const waiting = [...this.#arrived].filter(([conversation]) => !this.#flying.has(conversation));
    const isFew = waiting.length <= AT_ONCE;
    return waiting.slice(0, Math.max(0, AT_ONCE - this.#flying.size)).map(([conversation, seq]) => {
      const quietly = mayBeQuiet && isFew && !this.#doubted.has(conversation);
      this.#arrived.delete(conversation);
      if (quietly) this.#quiet.set(conversation, seq);
      else this.#flying.add(conversation);
      return { conversation, seq, quietly };
    });
  }

  /** It was answered; or will not be, and is to be said `again` later. */
  settled({ conversation, seq }, { again = false } = {}) {
    this.#flying.delete(conversation);
    if (again) this.add(conversation, seq);
    else this.#doubted.delete(conversation);
  }

  /** What was said quietly may not have been heard. */
  doubt() {
    for (const [conversation, seq] of this.#quiet) {
      this.#doubted.add(conversation);
      this.add(conversation, seq);
    }
    this.#quiet.clear();
  }
}
