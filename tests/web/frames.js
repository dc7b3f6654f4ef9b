// Frames and states that several tests begin with.

import { OPERATIONS } from "../../protocol/clients/javascript/operations.js";

export const COMMANDS = Object.keys(OPERATIONS).filter((name) => OPERATIONS[name].socket);

export const ACCOUNT = {
  id: "00000000000000aa",
  email: "anna@example.dk",
  alias: "Anna",
  born: "1960-05-01",
  municipality: 151,
  language: "da",
  state: "active",
  read_receipts: true,
  presence: false,
};

export const helloFrame = (changes = {}) =>
  JSON.stringify({
    event: "hello",
    data: {
      version: 1,
      server_time: 0,
      session: "00000000000000bb",
      account: ACCOUNT,
      cursor: "c1",
      epoch: "first",
      heartbeat_ms: 25_000,
      limits: {},
      commands: COMMANDS,
      ...changes,
    },
  });

/** What a connection has told of one thing since it was last asked. */
export const told = (connection, what) =>
  connection.take().flatMap((effect) => (effect.what === what ? [effect.value] : []));

export const clientId = (number) => `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`;

export const message = (seq, changes = {}) => ({
  seq,
  ordinal: seq,
  sender: 2,
  client_id: clientId(seq),
  sent_at: 1_000 * seq,
  text: `message ${seq}`,
  ...changes,
});

export const conversation = (changes = {}) => ({
  id: "00000000000000c1",
  kind: "bubble",
  origin: { kind: "bubble", id: "00000000000000b1", title: "Gåtur i skoven", symbol: "🌲" },
  members: [
    {
      number: 1,
      alias: "Anna",
      role: "author",
      me: true,
      delivered_seq: 0,
      read_seq: 0,
    },
    {
      number: 2,
      alias: "Bo",
      role: "replier",
      me: false,
      delivered_seq: 0,
      read_seq: 0,
    },
  ],
  first_seq: 1,
  last_seq: 0,
  last_ordinal: 0,
  unread: 0,
  last_message: null,
  updated_at: 0,
  closed: false,
  own: { muted_until: null, archived: false, marked_unread: false, draft: "" },
  pinned: [],
  missed_call: 0,
  ...changes,
});
