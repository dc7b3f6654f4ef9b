// The state of one client's connection: frames, close codes and the time go in; frames to send and
// things to tell come out. It does no I/O and owns no timer, so that tests can drive it.
//
//   state      the client is                          it leaves by
//   idle       not wanted yet                         start -> opening
//   waiting    between two tries                      the deadline, wake -> opening
//   opening    opening a socket                       opened -> greeting
//   greeting   waiting for hello                      hello -> resuming, or online without a cursor
//   resuming   reading what it missed                 the last page, resync_required -> online
//   online     in step with the server                -
//   stopped    told to stop, or to log in again       start -> opening
//
// From opening, greeting, resuming and online: a close or a silence leads to waiting or stopped.

import { EVENT_CLASSES } from "./operations.js";
import { SamtaleError } from "./errors.js";

const ANSWER_MS = 10_000; // a socket that leaves us waiting longer, and says nothing else, is dead
const LONGEST_WAIT_MS = 30_000;
const STEADY_MS = 5_000; // a connection that lived this long starts the back-off afresh
const QUIET_MS = 30_000; // after a silence like this, an answer is asked for: does the socket live?

/** What a close code asks of a client: its hundred carries the behaviour (protocol/closes.py). */
export function closeBehaviour(code) {
  return { 40: "stop", 42: "now", 43: "log_in" }[Math.floor(code / 100)] ?? "backoff";
}

export class Connection {
  #random;
  #token;
  #effects = [];
  #lastId = 0;
  #awaiting = new Map(); // id -> { name, at }
  #resuming = null; // the id of the session.resume under way
  #ahead = null; // the cursor of live events that came while resuming
  #failures = 0;
  #since = 0; // when the state was entered
  #heard = 0; // when the last frame came
  #leaveAt = Infinity; // a draining server is left then
  #retryAt = 0;
  #placeInLine = null; // a busy server said when to come back

  /**
   * `random()` gives numbers in [0, 1). `cursor` is where an earlier snapshot ended, if any.
   * `token` is sent as the first frame where no cookie speaks for the client (apps, Node).
   */
  constructor({ random, cursor = null, token = null }) {
    this.#random = random;
    this.#token = token;
    this.cursor = cursor;
    this.state = "idle";
    this.hello = null;
  }

  /** When `tick` wants to be called, in the milliseconds of the `now` that it is given. */
  get deadline() {
    switch (this.state) {
      case "waiting":
        return this.#retryAt;
      case "opening":
      case "greeting":
        return this.#since + ANSWER_MS;
      case "resuming":
      case "online":
        return Math.min(this.#leaveAt, this.#silentAt());
      default:
        return Infinity;
    }
  }

  /**
   * Everything to be done since the last call, in order: `{ do: "open" }`, `{ do: "send", text }`,
   * `{ do: "drop" }` (close the socket and forget it) and `{ do: "tell", what, value }`, where what
   * is state, hello, reply, event, resumed, resync or interrupted.
   */
  take() {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** The client wants to be connected, for ever. */
  start(now) {
    if (this.state === "idle" || this.state === "stopped") {
      this.#failures = 0;
      this.#open(now);
    }
  }

  /** The client wants it no longer. */
  stop(now) {
    if (this.#hasSocket()) this.#effects.push({ do: "drop" });
    this.#interrupt();
    this.#enter("idle", now);
  }

  /** The socket is open. */
  opened(now) {
    this.#enter("greeting", now);
    if (this.#token) this.#send("session.authenticate", { token: this.#token }, now);
  }

  /** The socket closed, or could not be opened (1006). */
  closed(code, now) {
    if (this.#hasSocket()) this.#lose(closeBehaviour(code), now, code);
  }

  /** The page became visible, or the network returned: do not wait, unless it is in a line. */
  wake(now) {
    if (this.state === "waiting" && this.#placeInLine === null) this.#open(now);
    else if (this.state === "online" && now - this.#heard >= QUIET_MS) {
      this.#send("account.get", {}, now);
    }
  }

  /** Time has passed; does nothing before `deadline`. */
  tick(now) {
    if (now < this.deadline) return;
    if (this.state === "waiting") this.#open(now);
    else if (now >= this.#leaveAt) {
      this.#effects.push({ do: "drop" });
      this.#interrupt();
      this.#open(now);
    } else {
      this.#effects.push({ do: "drop" });
      this.#lose("backoff", now);
    }
  }

  /**
   * Sends a command and gives the id that its reply will have.
   * Throws SamtaleError: `disconnected` unless online, `unknown_command` if hello did not list it.
   */
  command(name, data, now) {
    this.#mustKnow(name);
    return this.#send(name, data, now);
  }

  /** Whether what nobody waits for needs no answer now: the socket has shown that it lives. */
  mayBeQuiet(now) {
    if (this.state !== "online" || now - this.#heard >= QUIET_MS) return false;
    return this.hello.ids_optional ?? false;
  }

  /** Sends a command without an id: it is answered only if it is refused. Throws as `command`. */
  say(name, data) {
    this.#mustKnow(name);
    this.#effects.push({ do: "send", text: JSON.stringify({ command: name, data }) });
  }

  #mustKnow(name) {
    if (this.state !== "online") throw SamtaleError.disconnected();
    if (!this.hello.commands.includes(name)) {
      throw new SamtaleError({ code: "unknown_command", then: "correct" });
    }
  }

  /** A frame came. Unknown events and fields are ignored; what cannot be read ends the socket. */
  received(text, now) {
    if (!this.#hasSocket()) return;
    this.#heard = now;
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      this.#effects.push({ do: "drop" });
      this.#lose("backoff", now);
      return;
    }
    if (frame.event) this.#event(frame, now);
    else this.#reply(frame, now);
  }

  #event(frame, now) {
    if (frame.event === "hello") return this.#greeted(frame.data, now);
    if (frame.event === "server.draining") {
      this.#leaveAt = now + this.#random() * frame.data.spread_ms;
      return undefined;
    }
    if (frame.event === "server.busy") {
      this.#placeInLine = frame.data.retry_after_ms;
      return undefined;
    }
    // While resuming, a live event's cursor would skip what has not been read yet.
    if (frame.cursor && this.state === "resuming") this.#ahead = frame.cursor;
    else if (frame.cursor) this.cursor = frame.cursor;
    if (frame.event in EVENT_CLASSES) this.#tell("event", frame);
    return undefined;
  }

  #greeted(hello, now) {
    const before = this.hello;
    this.hello = hello;
    this.#tell("hello", hello);
    const sameStory =
      !before || (before.epoch === hello.epoch && before.account.id === hello.account.id);
    if (this.cursor && sameStory) {
      this.#enter("resuming", now);
      this.#resume(now);
      return;
    }
    this.cursor = hello.cursor;
    this.#enter("online", now);
    if (before) this.#tell("resync", null);
  }

  #resume(now) {
    this.#resuming = this.#send("session.resume", { cursor: this.cursor }, now);
  }

  #reply(frame, now) {
    this.#awaiting.delete(frame.id);
    if (frame.id === null || frame.id !== this.#resuming) {
      this.#tell("reply", frame);
      return;
    }
    this.#resuming = null;
    if (frame.ok) this.#resumed(frame.data, now);
    else if (frame.error.then === "resync") this.#startOver(now);
    else {
      this.#effects.push({ do: "drop" });
      this.#lose(frame.error.then === "log_in" ? "log_in" : "backoff", now);
    }
  }

  #resumed(page, now) {
    this.cursor = page.cursor;
    this.#tell("resumed", page);
    if (page.more) {
      this.#resume(now);
      return;
    }
    this.cursor = this.#ahead ?? this.cursor;
    this.#enter("online", now);
  }

  #startOver(now) {
    this.cursor = this.#ahead ?? this.hello.cursor;
    this.#enter("online", now);
    this.#tell("resync", null);
  }

  #open(now) {
    this.#placeInLine = null;
    this.#enter("opening", now);
    this.#effects.push({ do: "open" });
  }

  #lose(behaviour, now, code = null) {
    if (this.state === "online" && now - this.#since >= STEADY_MS) this.#failures = 0;
    this.#interrupt();
    if (behaviour === "stop" || behaviour === "log_in") {
      this.#enter("stopped", now, { behaviour, code });
      return;
    }
    const atOnce = behaviour === "now" && this.#failures === 0;
    const backoff = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** this.#failures);
    const longest = Math.max(backoff, this.hello?.reconnect_spread_ms ?? 0);
    this.#retryAt = now + (this.#placeInLine ?? (atOnce ? 0 : this.#random() * longest));
    this.#failures += 1;
    this.#enter("waiting", now);
  }

  // Whoever waits for a reply is told that it will not come.
  #interrupt() {
    const ids = [...this.#awaiting.keys()];
    this.#awaiting.clear();
    this.#resuming = null;
    this.#ahead = null;
    this.#leaveAt = Infinity;
    if (ids.length) this.#tell("interrupted", ids);
  }

  #send(command, data, now) {
    const id = (this.#lastId += 1);
    this.#awaiting.set(id, { at: now });
    this.#effects.push({ do: "send", text: JSON.stringify({ id, command, data }) });
    return id;
  }

  #silentAt() {
    const [oldest] = this.#awaiting.values();
    return oldest ? Math.max(oldest.at, this.#heard) + ANSWER_MS : Infinity;
  }

  #hasSocket() {
    return ["opening", "greeting", "resuming", "online"].includes(this.state);
  }

  #enter(state, now, more = {}) {
    this.state = state;
    this.#since = now;
    this.#tell("state", { state, ...more });
  }

  #tell(what, value) {
    this.#effects.push({ do: "tell", what, value });
  }
}
