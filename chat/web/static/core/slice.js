// Which part of what is known of a long conversation stands on the page: never more than so much, so
// that the page stays as quick after ten thousand messages as after ten. Pure.

export const MOST = 240;
const STEP = 60;

export class Slice {
  #first = 0; // the lowest seq that is shown
  #last = Infinity; // the highest; Infinity follows what comes

  /** Entries, by rising seq, that are shown. One who is at the foot lets go of the oldest. */
  of(entries, { atFoot = false } = {}) {
    let shown = entries.filter(({ seq }) => seq >= this.#first && seq <= this.#last);
    if (shown.length > MOST && atFoot && this.#last === Infinity) {
      shown = shown.slice(-MOST);
      this.#first = shown[0].seq;
    }
    return shown;
  }

  hasOlder(entries) {
    return entries.length > 0 && entries[0].seq < this.#first;
  }

  hasNewer(entries) {
    return entries.length > 0 && entries.at(-1).seq > this.#last;
  }

  /** Shows older ones, and lets go of as many at the other end. */
  older(entries) {
    const at = Math.max(0, this.#indexOf(entries, this.#first) - STEP);
    this.#set(entries, at, Math.min(entries.length - 1, at + MOST - 1));
  }

  /** Shows newer ones, and lets go of as many at the other end. */
  newer(entries) {
    const last = entries.findLastIndex(({ seq }) => seq <= this.#last) + STEP;
    const at = Math.min(entries.length - 1, last);
    this.#set(entries, Math.max(0, at - MOST + 1), at);
  }

  /** Everything that is known: it has just been read anew. */
  reset() {
    this.#first = 0;
    this.#last = Infinity;
  }

  #set(entries, from, to) {
    this.#first = from === 0 ? 0 : entries[from].seq;
    this.#last = to >= entries.length - 1 ? Infinity : entries[to].seq;
  }

  #indexOf(entries, first) {
    const at = entries.findIndex(({ seq }) => seq >= first);
    return at < 0 ? 0 : at;
  }
}
