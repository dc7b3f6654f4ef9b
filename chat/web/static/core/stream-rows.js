// What stands in a conversation's stream, from what is known of it: days, messages, and what happened.
// Pure: the same entries give the same rows.

import { clock, dayOf } from "./time.js";

const TOGETHER_MS = 5 * 60_000; // messages of one sender within this stand close together
const MEMBERS = ["member_joined", "member_left"];
// Kinds of entries that are told; the rest change messages.
const HAPPENED = ["origin_closed", "call_started", "call_ended", ...MEMBERS];

/**
 * `entries` in rising order, `unsent` oldest first; `me` and `other` are members; `newFrom` is the
 * seq from which on the other's messages were new when the conversation was opened, or null. `names`,
 * by member number, where more than two write, and one has to say who. Rows are
 * { key, kind: "day" | "unread" | …, at } for what happened, or { key, kind: "message", … }: see `stored`
 * and `waiting`; those that stand close together are grouped by first and last.
 */
export function rowsOf({ entries, unsent, me, other, newFrom = null, names = null }) {
  const rows = [];
  let day = null;
  let isDivided = newFrom === null;
  const put = (row) => {
    if (dayOf(row.at) !== day) {
      day = dayOf(row.at);
      rows.push({ key: `day ${day}`, kind: "day", at: row.at });
    }
    if (!isDivided && row.seq >= newFrom && row.mine === false) {
      isDivided = true;
      rows.push({ key: "unread", kind: "unread", at: row.at });
    }
    rows.push(row);
  };
  for (const entry of entries) {
    if (entry.kind === "message") put(stored(entry.message, me, other, names));
    else if (HAPPENED.includes(entry.kind)) {
      const kind = entry.kind === "call_ended" && entry.by ? missed(entry, me) : entry.kind;
      if (kind !== entry.kind && rows.at(-1)?.kind === "call_started") rows.pop();
      const row = { key: `entry ${entry.seq}`, kind, at: entry.at };
      put(MEMBERS.includes(kind) ? ofMember(row, entry, me, names) : row);
    }
  }
  for (const item of unsent) put(waiting(item));
  group(rows);
  return rows;
}

/** One who came or left; who it is stands in the conversation, which may be being read. */
function ofMember(row, { by }, me, names) {
  if (by === me.number) return { ...row, kind: `${row.kind}_me` };
  return { ...row, name: names?.get(by) ?? "…" };
}

const missed = ({ by }, me) => (by === me.number ? "call_unanswered" : "call_missed");

/** A message that the server has; for one's own, its state is sent, delivered or read. */
function stored(message, me, other, names) {
  const mine = message.sender === me.number;
  return {
    key: message.client_id,
    kind: "message",
    seq: message.seq,
    mine,
    from: (!mine && names?.get(message.sender)) || null,
    text: message.text,
    deleted: message.deleted === true,
    edited: Boolean(message.edited_at),
    pinned: message.pinned === true,
    picture: message.picture ?? null,
    quote: quoteOf(message.quote, me),
    reactions: (message.reactions ?? []).map(({ kind, members }) => ({
      kind,
      count: members.length,
      mine: members.includes(me.number),
    })),
    at: message.sent_at,
    time: clock(message.sent_at),
    state: mine ? stateOf(message.seq, other) : null,
  };
}

/** What is quoted, and whether it is one's own. */
export function quoteOf(quote, me) {
  if (!quote) return null;
  const { seq, sender, text, picture = false, deleted = false } = quote;
  return { seq, mine: sender === me.number, text, picture, deleted };
}

function stateOf(seq, other) {
  if (seq <= other.read_seq) return "read";
  return seq <= other.delivered_seq ? "delivered" : "sent";
}

/** A message on its way: sending or failed, and then `why`. */
function waiting({ client_id: key, text, at, state, message, shown = {} }) {
  return {
    key,
    kind: "message",
    seq: null,
    mine: true,
    from: null,
    text,
    deleted: false,
    edited: false,
    pinned: false,
    picture: shown.picture ?? null,
    quote: shown.quote ?? null,
    reactions: [],
    at,
    time: clock(at),
    state,
    why: message,
  };
}

// `newest`: the last of one's own, or of the other's; how far one's own has come is said there.
function group(rows) {
  const later = { true: false, false: false };
  for (let at = rows.length - 1; at >= 0; at -= 1) {
    const row = rows[at];
    if (row.kind !== "message") continue;
    row.first = !together(rows[at - 1], row);
    row.last = !together(row, rows[at + 1]);
    row.newest = !later[row.mine];
    later[row.mine] = true;
  }
}

function together(before, after) {
  return (
    before?.kind === "message" &&
    after?.kind === "message" &&
    before.mine === after.mine &&
    before.from === after.from &&
    Math.abs(after.at - before.at) < TOGETHER_MS
  );
}
