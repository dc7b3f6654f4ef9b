// Changes of messages on their way: edit, delete, react, pin. They are safe to ask for again, so that
// of those still waiting only the last word on each thing need go out. Pure.
//
// An item is { client_id, conversation, seq, command, data, at }, for an Outbox; the client_id names
// it only here.

const FAMILIES = {
  "message.edit": "text",
  "message.delete": "text",
  "reaction.add": "reaction",
  "reaction.remove": "reaction",
  "message.pin": "pin",
  "message.unpin": "pin",
  "draft.save": "draft",
};

/** Whether `later` makes `earlier`, which waits, pointless. Nothing undoes a deletion. */
export function replaces(later, earlier) {
  if (earlier.conversation !== later.conversation || earlier.seq !== later.seq) return false;
  if (earlier.command === "message.delete") return false;
  if (later.command === "message.delete") return true;
  return (
    FAMILIES[earlier.command] === FAMILIES[later.command] &&
    earlier.data.reaction === later.data.reaction
  );
}

/** The message as it will be once a change of one's own is done; `me` is one's member number. */
export function expected(message, { command, data, at }, me) {
  if (message.deleted) return message;
  const { seq, ordinal, sender, client_id, sent_at, changed_seq } = message;
  switch (command) {
    case "message.edit":
      return { ...message, text: data.text, edited_at: at };
    case "message.delete":
      return { seq, ordinal, sender, client_id, sent_at, text: "", deleted: true, changed_seq };
    case "reaction.add":
    case "reaction.remove":
      return withReaction(message, data.reaction, me, command === "reaction.add");
    default:
      return { ...message, pinned: command === "message.pin" };
  }
}

function withReaction(message, kind, me, on) {
  const { reactions = [] } = message;
  const before = reactions.find((one) => one.kind === kind)?.members ?? [];
  const members = before.filter((member) => member !== me);
  if (on) members.push(me);
  members.sort((a, b) => a - b);
  const others = reactions.filter((one) => one.kind !== kind);
  const all = members.length ? [...others, { kind, members }] : others;
  return { ...message, reactions: all.sort((a, b) => (a.kind < b.kind ? -1 : 1)) };
}
