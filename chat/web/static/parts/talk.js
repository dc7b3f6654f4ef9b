// One conversation: who it is with, what has been said, and where to write.

import { fill, h } from "../core/dom.js";
import { onScreen } from "../core/on-screen.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { Slice } from "../core/slice.js";
import { rowsOf } from "../core/stream-rows.js";
import { MessageActs } from "./message-acts.js";
import { problem, waiting } from "./states.js";
import { talkHead } from "./talk-head.js";
import "./pinned-bar.js";
import "./stream.js";
import "./talk-foot.js";

export class Talk extends HTMLElement {
  #ends = [];
  #stream = null;
  #foot = null;
  #pins = null;
  #head = null; // { here, calls }
  #slice = new Slice();
  #newFrom = null; // the seq from which on messages were new when it was opened
  #due = false; // a rendering is on its way
  #typingTimer = null;
  #marked = 0; // as far as has been said to be read
  #acts = new MessageActs(null, () => null);

  /** The conversation's id, and the seq of the message to begin at, if any. */
  talk = "";
  at = null;

  /** It stands beside something that says whom it is with, and has no head of its own. */
  beside = false;

  connectedCallback() {
    this.#acts = new MessageActs(this.talk, () => this.#foot?.composer ?? null);
    this.ready = this.#open();
  }

  disconnectedCallback() {
    clearTimeout(this.#typingTimer);
    for (const end of this.#ends) end();
    onScreen(this, []);
    session.client.sayDrafts();
    this.#inbox.conversations.close(this.talk);
  }

  get #inbox() {
    return session.inbox;
  }

  async #open() {
    fill(this, waiting());
    try {
      await this.#read();
    } catch (error) {
      fill(
        this,
        problem(error, () => this.#open()),
      );
      return;
    }
    if (!this.isConnected) return;
    this.#build();
    this.#render();
    if (this.at) this.#stream.reveal(this.at);
    onScreen(this, [this.talk]);
    if (this.#known.own.marked_unread) this.#mark(this.#known.last_seq);
    const looked = () => this.#looked();
    document.addEventListener("visibilitychange", looked);
    this.#ends = [
      this.#inbox.onChange(() => this.#soon()),
      session.client.on("state", () => this.seen()),
      session.client.on("hello", () => this.#soon()),
      () => document.removeEventListener("visibilitychange", looked),
      saidWhenLeft(),
      keepInView(this),
      takeDropped(this, (file) => this.#foot.composer?.takePicture(file)),
    ];
  }

  // From the place that was asked for, else from the first that is new, else the newest.
  async #read() {
    const { talk } = this;
    const place = () => (this.at ? { around: this.at } : this.#firstNew());
    const before = place();
    await this.#inbox.open(talk, before);
    const [first] = this.#inbox.conversations.entries(talk);
    const now = place();
    if (now.around && !before.around && first?.seq > now.around)
      await this.#inbox.open(talk, now);
    this.#newFrom = this.#firstNew().around ?? null;
  }

  #firstNew() {
    if (!this.#known?.unread) return {};
    return { around: this.#inbox.conversations.me(this.talk).read_seq + 1 };
  }

  #build() {
    const { closed } = this.#known;
    const make = (name, properties) =>
      Object.assign(document.createElement(`samtale-${name}`), { owner: this, ...properties });
    this.#stream = make("stream");
    this.#pins = make("pinned-bar");
    this.#foot = make("talk-foot", { talk: this.talk, other: this.#other.alias, closed });
    const head = talkHead({
      conversation: () => this.#known,
      other: this.#other.alias,
      since: (at) => this.#since(at),
      blocked: () => this.#foot.focus(),
      away: () => go("/inbox", { replace: true }),
    });
    this.#head = head;
    fill(this, !this.beside && head.element, this.#pins, this.#stream, this.#foot);
    if (!closed && !this.at && !this.beside && matchMedia("(hover: hover) and (pointer: fine)").matches)
      this.#foot.focus();
  }

  get #known() {
    return this.#inbox.conversations.get(this.talk);
  }

  get #other() {
    return this.#inbox.conversations.other(this.talk);
  }

  get #entries() {
    return this.#inbox.entries(this.talk);
  }

  // Many changes in one moment are drawn once.
  #soon() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (!this.isConnected) return;
      if (!this.#known) go("/inbox", { replace: true });
      else if (this.#inbox.conversations.isOpen(this.talk)) this.#render();
    });
  }

  #render() {
    const { conversations } = this.#inbox;
    const { talk } = this;
    const now = Date.now();
    const known = this.#known;
    const other = this.#other;
    const entries = this.#slice.of(this.#entries, { atFoot: this.#stream.atFoot });
    const unsent = this.hasNewer() ? [] : this.#unsent();
    const me = conversations.me(talk);
    const names = namesOf(known.members);
    const rows = rowsOf({ entries, unsent, me, other, newFrom: this.#newFrom, names });
    this.#stream.show(rows, {
      typing: conversations.typing(talk, now).get(other.number) ?? null,
      other: other.alias,
      unread: known.unread,
    });
    this.#pins.show(known.pinned);
    this.#foot.refresh({ closed: known.closed, draft: this.draft });
    this.#head.here(conversations.presence(talk).has(other.number));
    this.#head.calls(!known.closed && session.mayCall(known.kind));
    clearTimeout(this.#typingTimer);
    const until = conversations.typingUntil(talk, now);
    if (until !== Infinity) this.#typingTimer = setTimeout(() => this.#soon(), until - now + 1);
    this.seen();
  }

  #unsent() {
    return session.client.outbox
      .filter(({ conversation }) => conversation === this.talk)
      .map((item) => ({ ...item, shown: this.#shown(item) }));
  }

  // What a message on its way answers and carries, as it will stand there.
  #shown({ reply_to: seq, picture }) {
    const quoted = seq && this.#inbox.conversations.message(this.talk, seq);
    return { quote: quoted ? { ...quoted, mine: quoted.sender === this.#me } : null, picture };
  }

  get #me() {
    return this.#inbox.conversations.me(this.talk).number;
  }

  // --- what the stream asks for

  hasOlder() {
    return this.#slice.hasOlder(this.#entries) || this.#inbox.conversations.hasOlder(this.talk);
  }

  hasNewer() {
    return this.#slice.hasNewer(this.#entries) || this.#inbox.conversations.hasNewer(this.talk);
  }

  async older() {
    if (!this.#slice.hasOlder(this.#entries)) await this.#inbox.older(this.talk);
    this.#slice.older(this.#entries);
    this.#soon();
  }

  async newer() {
    if (!this.#slice.hasNewer(this.#entries)) await this.#inbox.newer(this.talk);
    this.#slice.newer(this.#entries);
    this.#soon();
  }

  async newest() {
    if (this.#inbox.conversations.hasNewer(this.talk)) await this.#inbox.newest(this.talk);
    this.#slice.reset();
    this.#render();
  }

  /** Goes to a message, wherever it is. */
  async jump(seq) {
    if (this.#stream.reveal(seq)) return;
    await this.#go({ around: seq });
    this.#stream.reveal(seq);
  }

  async #since(at) {
    await this.#go({ since: at });
    const said = this.#entries.filter(({ kind }) => kind === "message");
    const first = said.find((entry) => entry.at >= at) ?? said.at(-1);
    if (first) this.#stream.reveal(first.seq);
  }

  async #go(place) {
    await this.#inbox.open(this.talk, place);
    this.#slice.reset();
    this.#render();
  }

  menu(row, at) {
    this.#acts.menu(row, at);
  }

  react(row, kind, on) {
    this.#acts.react(row, kind, on);
  }

  retry(key) {
    session.client.retry(key);
  }

  discard(key) {
    session.client.discard(key);
  }

  /** Only what has been before somebody's eyes counts as read. */
  seen() {
    const canSee = document.visibilityState === "visible" && this.#stream;
    if (!canSee || session.client.state !== "online") return;
    const known = this.#known;
    const to = this.#stream.atFoot ? known.last_seq : this.#stream.seenTo;
    const { read_seq: read } = this.#inbox.conversations.me(this.talk);
    if (known.unread > 0 && to > Math.max(this.#marked, read)) this.#mark(to);
  }

  #mark(seq) {
    this.#marked = seq;
    this.#inbox.markRead(this.talk, seq).catch(() => {
      this.#marked = 0; // a lost mark is made good by the next one
    });
  }

  // What came while one looked elsewhere is new when one looks here again.
  #looked() {
    if (document.visibilityState !== "visible") this.#newFrom = null;
    else if (this.#newFrom === null) this.#newFrom = this.#firstNew().around ?? null;
    this.#render();
  }

  // --- what the composer asks for

  get draft() {
    return session.client.draft(this.talk) ?? this.#known.own.draft;
  }

  async send(text, more) {
    this.#newFrom = null;
    session.client.send(this.talk, text, more);
    if (this.hasNewer()) await this.newest();
    this.#stream.toFoot();
  }

  edit(seq, text) {
    this.#acts.edit(seq, text);
  }

  doing(what) {
    session.client.typing(this.talk, what);
  }

  keep(draft) {
    session.client.saveDraft(this.talk, draft);
  }
}

/** What one is writing is said at once when the page is put away or left. */
function saidWhenLeft() {
  const say = () => document.visibilityState === "hidden" && session.client.sayDrafts();
  const left = () => session.client.sayDrafts();
  document.addEventListener("visibilitychange", say);
  addEventListener("pagehide", left);
  return () => {
    document.removeEventListener("visibilitychange", say);
    removeEventListener("pagehide", left);
  };
}

/** The names of more than two, by member number; two need none. */
const namesOf = (members) =>
  members.length > 2 ? new Map(members.map(({ number, alias }) => [number, alias])) : null;

/** Over an on-screen keyboard the conversation is as high as what can be seen. */
function keepInView(element) {
  const { visualViewport: seen } = globalThis;
  if (!seen) return () => {};
  const fit = () => element.style.setProperty("--seen", `${seen.height}px`);
  seen.addEventListener("resize", fit);
  fit();
  return () => seen.removeEventListener("resize", fit);
}

/** A file dropped anywhere on the conversation. */
function takeDropped(element, take) {
  const over = (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    element.classList.add("dropping");
  };
  const drop = (event) => {
    element.classList.remove("dropping");
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    take(file);
  };
  const leave = (event) => {
    if (!element.contains(event.relatedTarget)) element.classList.remove("dropping");
  };
  const listeners = { dragover: over, drop, dragleave: leave };
  for (const [name, listener] of Object.entries(listeners))
    element.addEventListener(name, listener);
  return () => {
    for (const [name, listener] of Object.entries(listeners))
      element.removeEventListener(name, listener);
  };
}

customElements.define("samtale-talk", Talk);
