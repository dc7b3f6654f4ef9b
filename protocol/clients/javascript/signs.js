// What is shown and never kept: who writes, and who is here. No clock: `now` is given.

const TYPING_MS = 6_000;

export class Signs {
  #typing = new Map(); // conversation -> Map of member -> { doing, until }
  #here = new Map(); // conversation -> Set of members

  /** A live event frame, at `now`; of other kinds only what ends a sign counts. */
  event({ event, conversation, data }, now) {
    const typing = this.#typing.get(conversation) ?? new Map();
    if (event === "typing.started") {
      typing.set(data.member, { doing: data.doing ?? "writing", until: now + TYPING_MS });
      this.#typing.set(conversation, typing);
    } else if (event === "typing.stopped") typing.delete(data.member);
    else if (event === "message.created") typing.delete(data.sender);
    else if (event === "presence.changed") {
      const here = new Set(this.#here.get(conversation));
      if (data.here) here.add(data.member);
      else here.delete(data.member);
      this.#here.set(conversation, here);
    }
  }

  /** Who is here, in the conversations that are watched from now on. */
  watched({ conversations }) {
    this.#here = new Map(
      conversations.map(({ conversation, members }) => [conversation, new Set(members)]),
    );
  }

  /** The connection is gone: nobody knows who is here. */
  blind() {
    this.#here.clear();
  }

  forget(id) {
    this.#typing.delete(id);
    this.#here.delete(id);
  }

  /** What each member is doing: a Map of number to "writing" or "thinking". */
  typing(id, now) {
    const current = this.#current(id, now).map(([member, { doing }]) => [member, doing]);
    return new Map(current);
  }

  /** When the last of those who write now will count as having stopped; Infinity when nobody. */
  typingUntil(id, now) {
    const ends = this.#current(id, now).map(([, { until }]) => until);
    return ends.length ? Math.max(...ends) : Infinity;
  }

  /** The numbers of those who are here. */
  presence(id) {
    return this.#here.get(id) ?? new Set();
  }

  #current(id, now) {
    return [...(this.#typing.get(id) ?? [])].filter(([, { until }]) => until > now);
  }
}
