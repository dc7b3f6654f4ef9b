// One call as this device takes part in it: what the server says of it, and the ways to the others.
// There is a way to each of them, for of three everybody has to hear everybody.
//
// The server's word counts: after every reconnect it is asked again. A way that is lost is looked for
// anew, with fresh credentials, until it is found or the call is over.

import { countsOf, qualityOf } from "./quality.js";
import { Peer } from "./peer.js";

const MEASURE_MS = 2_000;
const LOST_MS = 3_000; // so long a way may be gone before another is looked for
const MOST_EARLY = 50;
const PATIENCE_MS = 8_000; // so long a new way may take before the next try

export class Call {
  #client;
  #me; // one's member number
  #devices;
  #changed;
  #now;
  #device = `web-${crypto.randomUUID().slice(0, 13)}`;
  #ice = null;
  #ways = new Map(); // member number -> { device, peer }: whose device a way leads to
  #early = []; // signals that came before one knew of the device they come from
  #counts = null;
  #timers = {};
  #ahead = 0; // how far the server's clock is ahead of ours
  #ends = [];
  #said = null; // what was said last of whether media flow
  #wasIn = false;

  /** The conversation it is in, and the call as the server tells of it; null: none is on. */
  conversation;
  known = null;
  medium = "video";

  /** How good the way is: none, looking, good, fair, poor or silent. */
  quality = "none";

  /** The call goes on at another device of one's own. */
  isElsewhere = false;

  /** `changed()` is called whenever there is something new to show. */
  constructor({ client, conversation, me, devices, changed, now = Date.now }) {
    Object.assign(this, { conversation });
    this.#client = client;
    this.#me = me;
    this.#devices = devices;
    this.#changed = changed;
    this.#now = now;
    const leave = () => this.#leaveNow();
    const wake = () => this.isIn && this.#restart([...this.#ways.values()]);
    addEventListener("pagehide", leave);
    globalThis.navigator.connection?.addEventListener?.("change", wake);
    this.#ends = [
      client.on("event", (frame) => this.#event(frame)),
      client.on("state", ({ state }) => state === "online" && this.#again()),
      () => removeEventListener("pagehide", leave),
      () => globalThis.navigator.connection?.removeEventListener?.("change", wake),
    ];
    this.#timers.measure = setInterval(() => this.#measure(), MEASURE_MS);
  }

  /** Whether one takes part, here. */
  get isIn() {
    return this.#mine?.device === this.#device && this.known.state !== "ended";
  }

  get #mine() {
    return this.known?.parties.find(({ member }) => member === this.#me);
  }

  /** The other, once they take part; else undefined. Of several, the one whose picture is shown. */
  get other() {
    return this.#others[0];
  }

  /** Who takes part besides: [{ member, media, stream }]. */
  get besides() {
    const stream = ({ member }) => this.#ways.get(member)?.peer.stream ?? null;
    return this.#others.slice(1).map((one) => ({ ...one, stream: stream(one) }));
  }

  get #others() {
    return this.known?.parties.filter(({ member }) => member !== this.#me) ?? [];
  }

  get wantsMore() {
    return this.#mine?.wants_more ?? false;
  }

  /** Whether one takes part at another device, or did before this page was loaded. */
  get isBusy() {
    return Boolean(this.#mine) && this.#mine.device !== this.#device;
  }

  get stream() {
    return this.#way?.peer.stream ?? null;
  }

  get mode() {
    return this.#ice?.mode ?? null;
  }

  /** The time by the server's clock. */
  get time() {
    return this.#now() + this.#ahead;
  }

  /** What goes all ways: text as soon as one of them wants that, else what one chose oneself. */
  get sent() {
    return this.#others.some(({ media }) => media === "text") ? "text" : this.medium;
  }

  get #way() {
    return this.#ways.get(this.other?.member);
  }

  get #lost() {
    return [...this.#ways.values()].filter(({ peer }) => peer.state !== "connected");
  }

  /** Asks whether a call is on. Throws SamtaleError. */
  async look() {
    const { call } = await this.#client.command("call.get", { conversation: this.conversation });
    if (call) await this.#take(call);
    else if (this.known && this.known.state !== "ended") this.#over();
  }

  /** Calls the other, or joins them. Throws SamtaleError. */
  async enter(medium) {
    this.medium = medium;
    const { known } = this;
    const more = { device: this.#device, media: medium };
    const joined = this.isBusy
      ? await this.#client.command("call.join", { call: known.id, take_over: true, ...more })
      : await this.#client.command("call.start", { conversation: this.conversation, ...more });
    this.#ice = joined.ice;
    this.#wasIn = true;
    this.isElsewhere = false;
    await this.#take(joined.call);
  }

  /** Goes on by video, voice or text. Throws SamtaleError. */
  async change(medium) {
    this.medium = medium;
    await this.#send();
    await this.#tell({ media: medium });
  }

  /** Wants five more minutes, or not. Throws SamtaleError. */
  async more(wants) {
    await this.#take(await this.#do("call.extend", { wants }));
  }

  /** Ends it for both. Throws SamtaleError. */
  async end() {
    await this.#take(await this.#do("call.end"));
  }

  /** Leaves the others to themselves. Throws SamtaleError. */
  async leave() {
    this.#wasIn = false;
    await this.#take(await this.#do("call.leave"));
    this.#drop();
    this.#changed();
  }

  /** Declines what rings. Throws SamtaleError. */
  async decline() {
    await this.#take(await this.#client.command("call.leave", { call: this.known.id }));
  }

  /** One goes away from the page: the call waits a while. */
  close() {
    this.#leaveNow();
    this.#drop();
    clearInterval(this.#timers.measure);
    for (const end of this.#ends) end();
  }

  // --- what comes

  async #event({ event, conversation, data }) {
    if (conversation !== this.conversation) return;
    if (event === "call.changed") await this.#take(data);
    else if (event === "call.signalled") this.#signalled(data);
  }

  #signalled(signal) {
    if (signal.to !== this.#device) return;
    const way = this.#ways.get(signal.by);
    if (signal.device === way?.device) way.peer.take(signal);
    else if (this.#early.length < MOST_EARLY) this.#early.push(signal);
  }

  // Of what came in any order, the latest counts.
  async #take(call) {
    const before = this.known;
    if (before && before.id === call.id && before.version > call.version) return;
    if (before && before.id !== call.id && before.started_at > call.started_at) return;
    this.known = call;
    this.#ahead = call.server_time - this.#now();
    if (call.state === "ended") this.#over();
    else if (this.isIn) await this.#meet();
    else if (this.#wasIn) {
      this.isElsewhere = this.isBusy;
      this.#drop();
      if (this.isElsewhere) this.#wasIn = false;
    }
    this.#changed();
  }

  #over() {
    this.known = this.known && { ...this.known, state: "ended" };
    this.#wasIn = false;
    this.#drop();
    this.#changed();
  }

  // After a reconnect: what is the call now, and does the way still lead there?
  async #again() {
    if (!this.known || this.known.state === "ended") return;
    try {
      await this.look();
      if (this.#wasIn && !this.isIn && this.known?.state !== "ended" && !this.isBusy)
        await this.enter(this.medium);
      for (const { peer } of this.#ways.values()) peer.again();
      await this.#restart(this.#lost);
    } catch {
      this.#later("again", () => this.#again(), LOST_MS);
    }
  }

  // --- the ways to the others

  async #meet() {
    const others = this.#others;
    for (const [member, { peer }] of this.#ways) {
      if (others.some((one) => one.member === member)) continue;
      peer.close();
      this.#ways.delete(member);
    }
    if (!others.length) this.#drop();
    if (!others.length || !this.#ice) return; // or the answer to having gone in is still on its way
    for (const other of others) {
      const way = this.#ways.get(other.member);
      if (way?.device === other.device) continue;
      way?.peer.close();
      this.#make(other);
    }
    await this.#send();
  }

  #make({ member, device }) {
    this.quality = "looking";
    this.#said = null;
    const heard = (what, value) =>
      what === "state" ? this.#moved(member, value) : this.#changed();
    const peer = new Peer({
      ice: this.#ice,
      polite: this.#me > member,
      signal: (signal) => this.#signal(member, signal),
      heard,
    });
    this.#ways.set(member, { device, peer });
    const early = this.#early.filter((signal) => signal.device === device);
    this.#early = this.#early.filter((signal) => signal.device !== device);
    for (const signal of early) peer.take(signal);
    this.#wait(PATIENCE_MS);
  }

  #signal(to, { description, candidates }) {
    const more = { ...(description && { description }), ...(candidates && { candidates }) };
    // What is lost is said again once the connection is back.
    this.#do("call.signal", { to, ...more }).catch(() => {});
  }

  async #send() {
    await this.#devices.use(this.sent);
    const tracks = this.#devices.tracksFor(this.sent);
    await Promise.all([...this.#ways.values()].map(({ peer }) => peer.send(tracks)));
  }

  #moved(member, state) {
    if (state === "connected" && !this.#lost.length) {
      clearTimeout(this.#timers.wait);
      this.quality = "good";
      this.#counts = null;
      this.#tell({ connected: true }).catch(() => {});
    } else if (state === "failed") this.#restart([this.#ways.get(member)]);
    else if (state === "disconnected") this.#wait(LOST_MS);
    this.#changed();
  }

  #wait(ms) {
    this.#later("wait", () => this.#restart(this.#lost), ms);
  }

  async #restart(ways) {
    if (!ways.length || !this.isIn) return;
    this.#wait(PATIENCE_MS);
    if (this.#lost.length) {
      this.quality = "looking";
      this.#changed();
      this.#tell({ connected: false }).catch(() => {});
    }
    try {
      this.#ice = await this.#do("call.renew");
      for (const { peer } of ways) peer.restart(this.#ice);
    } catch {
      // The timer tries again.
    }
  }

  #drop() {
    clearTimeout(this.#timers.wait);
    for (const { peer } of this.#ways.values()) peer.close();
    this.#ways.clear();
    this.#counts = null;
    this.quality = "none";
  }

  async #measure() {
    const way = this.#way;
    if (way?.peer.state !== "connected" || this.#lost.length || this.sent === "text") return;
    const before = this.#counts;
    this.#counts = countsOf(await way.peer.stats());
    if (!before || way !== this.#way || this.#lost.length) return;
    const quality = qualityOf(before, this.#counts);
    if (quality !== this.quality) {
      this.quality = quality;
      this.#changed();
    }
  }

  // --- what is said

  async #tell(what) {
    if (what.connected !== undefined && what.connected === this.#said) return;
    if (what.connected !== undefined) this.#said = what.connected;
    await this.#take(await this.#do("call.media", what));
  }

  #do(name, data = {}) {
    return this.#client.command(name, { call: this.known.id, device: this.#device, ...data });
  }

  #leaveNow() {
    if (this.isIn) this.#do("call.leave").catch(() => {});
  }

  #later(name, what, ms) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(what, ms);
  }

  /** What the ways count, for tests and for those who look for a fault. */
  async stats() {
    const counted = [...this.#ways.entries()].map(async ([member, { peer }]) =>
      [...(await peer.stats())].map(([id, one]) => [`${member} ${id}`, { ...one, member }]),
    );
    return new Map((await Promise.all(counted)).flat());
  }
}
