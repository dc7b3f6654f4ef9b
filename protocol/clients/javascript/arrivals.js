// When to say what has arrived (`conversation.delivered`): for each conversation one at a time, so
// that many messages are told of at once. No I/O and no clock.

const AT_ONCE = 8; // conversations told of at the same time

export class Arrivals {
  #flying = new Set(); // conversations

  /** Of `arrived`, a Map of conversation to seq: those to be told of now. */
  ready(arrived) {
    const waiting = [...arrived].filter(([conversation]) => !this.#flying.has(conversation));
    const ready = waiting.slice(0, Math.max(0, AT_ONCE - this.#flying.size));
    for (const [conversation] of ready) this.#flying.add(conversation);
    return ready.map(([conversation, seq]) => ({ conversation, seq }));
  }

  /** It was answered, or will not be. */
  settled({ conversation }) {
    this.#flying.delete(conversation);
  }
}
