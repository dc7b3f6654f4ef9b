// A client that is connected to a test.

import { SamtaleClient } from "../../protocol/clients/javascript/client.js";
import { ACCOUNT, helloFrame } from "./frames.js";

/** The far end of a socket: what the client sends lands in `frames`; `says` answers. */
export class FarEnd {
  static opened = [];
  frames = [];

  constructor() {
    FarEnd.opened.push(this);
    FarEnd.isOpened?.(this);
  }
  /** The next socket that the client opens. */
  static next() {
    return new Promise((resolve) => {
      FarEnd.isOpened = resolve;
    });
  }
  send(text) {
    this.frames.push(JSON.parse(text));
  }
  close() {}
  says(frame) {
    this.onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }
  /** Answers the oldest command of a name that waits: with data, or with an error. */
  answers(command, data, error) {
    const at = this.frames.findIndex((frame) => frame.command === command);
    const [{ id }] = this.frames.splice(at, 1);
    this.says(error ? { id, ok: false, error } : { id, ok: true, data });
  }
  asked(command) {
    return this.frames.flatMap((frame) => (frame.command === command ? [frame.data] : []));
  }
  greets(hello = {}) {
    this.onopen();
    this.says(helloFrame(hello));
  }
}

/** A Web Storage in memory. */
export class Storage {
  #items = new Map();
  get length() {
    return this.#items.size;
  }
  key(at) {
    return [...this.#items.keys()][at] ?? null;
  }
  getItem(key) {
    return this.#items.get(key) ?? null;
  }
  setItem(key, value) {
    this.#items.set(key, value);
  }
  removeItem(key) {
    this.#items.delete(key);
  }
}

export const settled = () => new Promise((resolve) => setImmediate(resolve));

export function connected(storage = new Storage(), io = {}) {
  FarEnd.opened = [];
  const client = new SamtaleClient({
    base: "http://here",
    WebSocket: FarEnd,
    storage,
    fetch: null,
    ...io,
  });
  client.connect(ACCOUNT.id);
  return { client, storage, socket: FarEnd.opened[0] };
}
