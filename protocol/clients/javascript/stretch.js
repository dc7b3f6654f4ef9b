// The stretch of one conversation that is kept: entries side by side, and the messages in them as
// they are now. It may end before the newest entry; then what is new waits to be read on to.

import { later, withQuote } from "./messages.js";

export class Stretch {
  #entries = new Map(); // seq -> entry, without its message
  #messages = new Map(); // seq -> message, also of some that only a change or a quote tells of
  #rows = null; // made from both when asked for

  older = false; // there are more before it
  newer = false; // there are more after it

  /** The entries in rising order, their messages as they are now. */
  get entries() {
    this.#rows ??= [...this.#entries.values()].sort((a, b) => a.seq - b.seq).map(this.#row);
    return this.#rows;
  }

  #row = (entry) =>
    entry.kind === "message" ? { ...entry, message: this.message(entry.seq) } : entry;

  /** A message as it is now. */
  message(seq) {
    const message = this.#messages.get(seq);
    return message && withQuote(message, this.#messages.get(message.quote?.seq));
  }

  /** An entry of a page. */
  keep({ message, ...entry }) {
    this.#entries.set(entry.seq, entry);
    this.#rows = null;
    if (message) this.learn(message);
  }

  /** An entry that has just come: kept unless there is a gap before it. */
  hear(entry) {
    const { entries } = this;
    if (this.newer && entry.seq > (entries.at(-1)?.seq ?? 0)) return;
    this.keep(entry);
  }

  /** How a message is now, whether it stands in the stretch or is quoted in it. */
  learn(message) {
    this.#messages.set(message.seq, later(this.#messages.get(message.seq), message));
    this.#rows = null;
  }

  /** Whether it has no hole, and reaches to the newest entry unless it says otherwise. */
  isWhole(newest) {
    const { entries } = this;
    const [first, last] = [entries[0]?.seq, entries.at(-1)?.seq];
    return (this.newer || last === newest) && last - first === entries.length - 1;
  }
}
