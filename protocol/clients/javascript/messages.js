// A message as it is now, and what follows from a change of it. Pure.

const QUOTED_CHARACTERS = 140;

/** The kinds of entries that change a message; their events are named alike, with a full stop. */
export const CHANGES = new Set([
  "message_edited",
  "message_deleted",
  "message_reacted",
  "message_pinned",
]);

/** Of two states of a message, the one that counts: what came last of those that are as new. */
export function later(known, come) {
  return known && (known.changed_seq ?? 0) > (come.changed_seq ?? 0) ? known : come;
}

/** What another message shows of the one that it answers. */
export function quoteOf({ seq, sender, text, picture, deleted }) {
  const quote = { seq, sender, text: [...text].slice(0, QUOTED_CHARACTERS).join("") };
  if (picture) quote.picture = true;
  if (deleted) quote.deleted = true;
  return quote;
}

/** The message, quoting `quoted` as that is now, if that is what it quotes. */
export function withQuote(message, quoted) {
  if (!quoted || message?.quote?.seq !== quoted.seq) return message;
  const quote = quoteOf(quoted);
  const same = Object.keys({ ...quote, ...message.quote }).every(
    (key) => quote[key] === message.quote[key],
  );
  return same ? message : { ...message, quote };
}

/** The pinned messages of a conversation, once `message` is as it is now. */
export function withPin(pinned, message) {
  const others = pinned.filter(({ seq }) => seq !== message.seq);
  if (!message.pinned) return others;
  const known = pinned.find(({ seq }) => seq === message.seq);
  return [...others, later(known, message)].sort((a, b) => a.seq - b.seq);
}
