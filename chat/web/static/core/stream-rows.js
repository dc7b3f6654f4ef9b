// What stands in a conversation's stream, from what is known of it: days, messages, and what happened.
// Pure: the same entries give the same rows.

import { clock, dayOf } from "./time.js";

const TOGETHER_MS = 5 * 60_000; // messages of one sender within this stand close together

/**
 * `entries` in rising order, `unsent` oldest first; `me` and `other` are members. Rows are
 * { key, kind: "day", at } | { key, kind: "origin_closed", at } | { key, kind: "message", … }, where
 * a message has mine, text, at, time, first and last of its group, and for one's own a state:
 * sending, failed, sent, delivered or read.
 */
export function rowsOf({ entries, unsent, me, other }) {
  const rows = [];
  let day = null;
  const put = (row) => {
    if (dayOf(row.at) !== day) {
      day = dayOf(row.at);
      rows.push({ key: `day ${day}`, kind: "day", at: row.at });
    }
    rows.push(row);
  };
  for (const entry of entries) {
    if (entry.kind === "message") put(stored(entry.message, me, other));
    else put({ key: `entry ${entry.seq}`, kind: entry.kind, at: entry.at });
  }
  for (const item of unsent) put(waiting(item));
  group(rows);
  return rows;
}

function stored(message, me, other) {
  const mine = message.sender === me.number;
  return {
    key: message.client_id,
    kind: "message",
    mine,
    text: message.text,
    deleted: message.deleted === true,
    at: message.sent_at,
    time: clock(message.sent_at),
    state: mine ? stateOf(message.seq, other) : null,
  };
}

function stateOf(seq, other) {
  if (seq <= other.read_seq) return "read";
  return seq <= other.delivered_seq ? "delivered" : "sent";
}

function waiting({ client_id: key, text, at, state, message }) {
  return {
    key,
    kind: "message",
    mine: true,
    text,
    deleted: false,
    at,
    time: clock(at),
    state,
    why: message,
  };
}

function group(rows) {
  rows.forEach((row, at) => {
    if (row.kind !== "message") return;
    row.first = !together(rows[at - 1], row);
    row.last = !together(row, rows[at + 1]);
    row.newest = !rows
      .slice(at + 1)
      .some((later) => later.kind === "message" && later.mine === row.mine);
  });
}

function together(before, after) {
  return (
    before?.kind === "message" &&
    after?.kind === "message" &&
    before.mine === after.mine &&
    Math.abs(after.at - before.at) < TOGETHER_MS
  );
}
