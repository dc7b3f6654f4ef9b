// Who is logged in on this page, and what the whole page shares: the client and the inbox.

import { SamtaleClient } from "../protocol/client.js";
import { Inbox } from "../protocol/inbox.js";
import { enteredAs } from "./entered.js";
import { language, useLanguage } from "./i18n.js";

class Session {
  #listeners = new Set();
  #inboxListeners = new Set();
  #lists = new Map(); // operation -> promise of its answer

  client = new SamtaleClient({ storage: localStorage });
  inbox = this.#newInbox();
  account = null;

  /** What one has come to by a link: a talk, as `talk.get` gives it; else null. */
  talk = null;

  constructor() {
    this.client.on("hello", (hello) => {
      if (this.account && hello.account.id !== this.account.id) location.reload();
    });
    this.client.on("event", ({ event, data }) => event === "account.changed" && this.become(data));
    this.client.on("resumed", ({ account }) => account && this.become(account));
    this.client.on("state", ({ behaviour }) => behaviour === "log_in" && this.#check());
  }

  /** Finds out who is logged in. Throws SamtaleError when the server cannot be asked. */
  async start() {
    this.client.language = language();
    try {
      await this.#enter(await this.client.call("account.get"));
    } catch (error) {
      if (error.then !== "log_in") throw error;
    }
  }

  async logIn(email, password) {
    const { account } = await this.client.call("session.create", {
      email,
      password,
      device: deviceName(),
    });
    await this.#enter(account);
  }

  /**
   * Takes a seat in a talk, by its link or by its id where one has entered it in this tab: from here
   * on the page is that one's, and no account's, until it is loaded anew. Throws SamtaleError.
   */
  async takeSeat(link) {
    const kept = enteredAs(link);
    const { session, talk } = kept
      ? { session: kept, talk: null }
      : await this.client.call("talk.enter", { token: link });
    this.client.disconnect();
    this.inbox.close();
    this.client = new SamtaleClient({ token: session });
    this.inbox = this.#newInbox();
    const greeted = new Promise((resolve) => this.client.on("hello", resolve));
    this.client.connect();
    this.account = (await greeted).account;
    await this.#use(this.account.language);
    this.talk = talk ?? (await this.client.call("talk.get", { talk: link }));
  }

  /** Whether one can be called in conversations of a kind; not before the server has said so. */
  mayCall(kind) {
    return this.client.hello?.calls_in.includes(kind) ?? false;
  }

  /** What one is to SnakSammen besides a citizen, once the server has said so. */
  async roles() {
    const { client } = this;
    if (!client.hello) await new Promise((resolve) => client.on("hello", resolve));
    return client.hello.roles;
  }

  /** Logs out here, or everywhere. */
  async logOut({ everywhere = false } = {}) {
    await this.client.call(everywhere ? "session.end_all" : "session.end");
    this.client.forget();
    this.#leave();
  }

  /** The account looks like this now, and so does the language. */
  async become(account) {
    this.account = account;
    if (account) await this.#use(account.language);
    this.#changed();
  }

  /** Speaks another language from now on, and says so to the server. */
  async speak(chosen) {
    await this.#use(chosen);
    this.#changed();
    if (this.account)
      await this.become(await this.client.call("account.update", { language: chosen }));
  }

  async #use(chosen) {
    if (chosen !== language()) await useLanguage(chosen);
    this.client.language = chosen;
  }

  /** All municipalities, by name. */
  async municipalities() {
    const { municipalities } = await this.#once("municipality.list");
    return [...municipalities].sort((a, b) => a.name.localeCompare(b.name, "da"));
  }

  async interests() {
    return (await this.#once("interest.list")).interests;
  }

  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` after every change in the inbox, whoever is logged in. */
  onInbox(listener) {
    this.#inboxListeners.add(listener);
    return () => this.#inboxListeners.delete(listener);
  }

  #newInbox() {
    const inbox = new Inbox(this.client);
    inbox.onChange(() => this.#inboxListeners.forEach((listener) => listener()));
    return inbox;
  }

  async #enter(account) {
    await this.become(account);
    this.client.connect(account.id);
  }

  #leave() {
    this.client.disconnect();
    this.inbox.close();
    this.inbox = this.#newInbox();
    this.become(null);
  }

  // The socket was told to log in again: is it the session, or only the socket?
  async #check() {
    try {
      await this.client.call("account.get");
      this.client.connect(this.account.id);
    } catch (error) {
      if (error.then === "log_in") this.#leave();
      else setTimeout(() => this.#check(), 5_000);
    }
  }

  #once(operation) {
    if (!this.#lists.has(operation)) {
      const asked = this.client.call(operation);
      asked.catch(() => this.#lists.delete(operation));
      this.#lists.set(operation, asked);
    }
    return this.#lists.get(operation);
  }

  #changed() {
    for (const listener of this.#listeners) listener();
  }
}

/** A name for this device that its owner knows again in the list of logins. */
function deviceName() {
  const agent = navigator.userAgent;
  const browser = /Edg\//.test(agent)
    ? "Edge"
    : /Firefox\//.test(agent)
      ? "Firefox"
      : /Chrome\//.test(agent)
        ? "Chrome"
        : /Safari\//.test(agent)
          ? "Safari"
          : "";
  const device = /iPhone/.test(agent)
    ? "iPhone"
    : /iPad/.test(agent)
      ? "iPad"
      : /Android/.test(agent)
        ? "Android"
        : /Windows/.test(agent)
          ? "Windows"
          : /Mac OS/.test(agent)
            ? "Mac"
            : /Linux/.test(agent)
              ? "Linux"
              : "";
  return [browser, device].filter(Boolean).join(", ");
}

export const session = new Session();
