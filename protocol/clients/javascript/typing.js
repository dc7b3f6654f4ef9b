// When to say that one is writing, or thinking, or has stopped. No I/O and no clock.

const EVERY_MS = 3_000; // a start at most, for each conversation
const LASTS_MS = 6_000; // what a start is worth to the others

export class Typing {
  // conversation -> { doing, at, refused }: the last start; doing is null once it ended
  #said = new Map();
  #wanted = new Map(); // conversation -> doing, to be said as soon as it may be

  /** The last start. */
  last = {};

  /** When `ready` has more to say. */
  get deadline() {
    const due = [...this.#wanted.keys()].map((id) => this.#said.get(id).at + EVERY_MS);
    return Math.min(Infinity, ...due);
  }

  /** `doing` is "writing" or "thinking", or null: gives the commands to send now. */
  say(conversation, doing, now) {
    const said = this.#said.get(conversation);
    this.#wanted.delete(conversation);
    if (doing === null) {
      if (!said?.doing || now >= said.at + LASTS_MS) return [];
      said.doing = null;
      return [["typing.stop", { conversation }]];
    }
    if (said && now < said.at + EVERY_MS) {
      if (said.refused || said.doing !== doing) this.#wanted.set(conversation, doing);
      return [];
    }
    this.#said.set(conversation, { doing, at: now });
    this.last = { conversation, doing };
    return [["typing.start", this.last]];
  }

  /** What has waited for its time. */
  ready(now) {
    return [...this.#wanted]
      .filter(([conversation]) => now >= this.#said.get(conversation).at + EVERY_MS)
      .flatMap(([conversation, doing]) => this.say(conversation, doing, now));
  }

  /** A start came too early for the server, whose clock it is: it may be said again at `at`. */
  refused({ conversation, doing }, at) {
    const said = this.#said.get(conversation);
    if (said?.doing !== doing) return;
    Object.assign(said, { at: at - EVERY_MS, refused: true });
    if (!this.#wanted.has(conversation)) this.#wanted.set(conversation, doing);
  }

  /** A message went out: to the others that ends it. */
  sent(conversation) {
    this.#wanted.delete(conversation);
    const said = this.#said.get(conversation);
    if (said) said.doing = null;
  }

  /** The connection is gone, and what was said with it. */
  reset() {
    this.#wanted.clear();
    for (const said of this.#said.values()) said.doing = null;
  }
}
