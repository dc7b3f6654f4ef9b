// Runs JavaScript clients that see and hear only what they are told, line by line: whoever drives
// them holds the sockets and does the requests, and so decides what arrives when, or never.
// Driven by tests/conversations/bridge.py.

import { createInterface } from "node:readline";

import { SamtaleClient } from "../../protocol/clients/javascript/client.js";
import { Inbox } from "../../protocol/clients/javascript/inbox.js";

const devices = new Map();
let time = Date.now(); // passes when it is asked for, so that nothing is given up by the clock
const now = () => (time += 1);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

class Device {
  #answers = new Map(); // id of a request -> resolve
  #requests = 0;
  #socket = null;

  constructor(device, token) {
    const hold = (socket) => {
      this.#socket = socket;
    };
    class Socket {
      constructor() {
        hold(this);
        say({ device, do: "open" });
      }
      send(text) {
        say({ device, do: "send", text });
      }
      close() {
        hold(null);
        say({ device, do: "close" });
      }
    }
    const fetch = (url, { method, body }) =>
      new Promise((resolve) => {
        this.#requests += 1;
        this.#answers.set(this.#requests, resolve);
        say({ device, do: "fetch", id: this.#requests, method, path: new URL(url).pathname + new URL(url).search, body });
      });
    this.client = new SamtaleClient({
      base: "http://samtale.example", token, fetch, WebSocket: Socket, now, random: () => 0,
    });
    this.inbox = new Inbox(this.client, { now });
    this.client.connect();
  }

  opened() {
    this.#socket.onopen({});
  }
  frame({ text }) {
    this.#socket?.onmessage({ data: text });
  }
  closed() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.onclose({ code: 1006 });
  }
  answer({ id, status, body }) {
    const ok = status < 300;
    this.#answers.get(id)({ ok, status, json: async () => JSON.parse(body) });
    this.#answers.delete(id);
  }
  write({ conversation, text }) {
    this.client.send(conversation, text);
  }
  read({ conversation }) {
    this.inbox.markRead(conversation).catch(() => {}); // offline
  }
  show({ conversation }) {
    this.inbox.open(conversation);
  }
  /** Says what it knows, once everything that was told before has had its effect. */
  ask({ device }) {
    setTimeout(() => {
      const { conversations } = this.inbox;
      const entries = conversations.open.map((id) => [id, conversations.entries(id)]);
      const unsent = this.client.outbox.filter(({ state }) => state !== "failed").length;
      const unsettled = unsent + this.client.changes.length + this.inbox.untold;
      say({ device, do: "tell", state: this.client.state, conversations: conversations.list,
            entries: Object.fromEntries(entries), unknown: [...conversations.unknown], unsettled });
    }, 1);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  if (told.do === "begin") devices.set(told.device, new Device(told.device, told.token));
  else devices.get(told.device)[told.do](told);
  // Every frame has all its effects before the next one comes, as in a browser.
  await new Promise(setImmediate);
}
