// Looks for words in one's own conversations, or in one; what is found leads to its place.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { snippetOf } from "../core/snippet.js";
import { shortTime } from "../core/time.js";
import { empty, waiting, wordsOf } from "./states.js";

const PAUSE_MS = 250; // after the last key
const SHORTEST = 2;
const ROUNDS = 10; // pages without a find that are read on from by themselves

export class TalkSearch extends HTMLElement {
  #input = h("input", { class: "input", type: "search", autocomplete: "off", maxlength: 200 });
  #results = h("div", { class: "found-list" });
  #status = h("p", { class: "seen-by-readers-only", role: "status" });
  #timer = 0;
  #asked = null; // the search under way or shown: { query, conversation, found, next }
  #within = h("div", { class: "found-within", hidden: true });
  #conversation = null;

  /** Called when a search begins or ends. */
  changed = () => {};

  /** Called by whoever wants to look no more in one conversation only. */
  widened = () => {};

  connectedCallback() {
    this.#input.setAttribute("aria-label", t("found.label"));
    this.#input.placeholder = t("found.label");
    this.append(
      h("div", { class: "found-box", role: "search" }, icon("search"), this.#input),
      this.#within,
      this.#status,
    );
    this.#input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#begin(), PAUSE_MS);
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#begin();
      if (event.key !== "Escape") return;
      this.#input.value = "";
      if (this.#conversation) this.widened();
      this.#begin();
    });
  }

  /** Looks in one conversation only, given by its id and the other's alias; null for all. */
  narrow(conversation, other = "") {
    if (conversation === this.#conversation) return;
    this.#conversation = conversation;
    const label = t("found.widen");
    fill(
      this.#within,
      conversation && [
        h("span", {}, t("found.within", { other })),
        h(
          "button",
          {
            class: "round",
            type: "button",
            "aria-label": label,
            title: label,
            onclick: () => this.widened(),
          },
          icon("close"),
        ),
      ],
    );
    this.#within.hidden = !conversation;
    if (conversation) this.#input.focus();
    else this.#input.value = "";
    this.#begin();
  }

  /** Where what was found stands; it is put where the list is. */
  get results() {
    return this.#results;
  }

  get isSearching() {
    return this.#asked !== null;
  }

  async #begin() {
    clearTimeout(this.#timer);
    const query = this.#input.value.trim();
    const conversation = this.#conversation ?? undefined;
    const asked = this.#asked;
    if (query === (asked?.query ?? "") && conversation === asked?.conversation) return;
    const tooShort = query.length < SHORTEST;
    this.#asked = tooShort ? null : { query, conversation, found: [], next: undefined };
    this.#status.textContent = "";
    fill(this.#results, this.#asked && waiting());
    this.changed();
    if (this.#asked) await this.#more();
  }

  // What has been looked through without a find is not the reader's concern.
  async #more() {
    const asked = this.#asked;
    const before = asked.found.length;
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { query, conversation, next } = asked;
        const page = await session.client.search(query, { conversation, before: next });
        await knowAll(page.found);
        if (asked !== this.#asked) return;
        asked.found.push(...page.found);
        asked.next = page.next;
        if (!page.next || asked.found.length > before) break;
      }
      this.#show();
    } catch (error) {
      if (asked !== this.#asked) return;
      const again = { class: "button second", type: "button", onclick: () => this.#more() };
      fill(
        this.#results,
        h("p", { class: "note alarm", role: "alert" }, wordsOf(error)),
        h("button", again, t("again")),
      );
    }
  }

  #show() {
    const { found, next } = this.#asked;
    this.#status.textContent = t("found.count", { count: found.length });
    const more = { class: "button second", type: "button", onclick: () => this.#more() };
    if (!found.length && !next)
      fill(
        this.#results,
        empty({ symbol: "🔎", title: t("found.none"), text: t("found.none.text") }),
      );
    else
      fill(
        this.#results,
        h(
          "ul",
          {},
          found.map((one) => row(one)),
        ),
        next && h("button", more, t("more")),
      );
  }
}

/** Reads the conversations that the list has not come to yet: who one spoke with there. */
async function knowAll(found) {
  const { conversations } = session.inbox;
  const unknown = new Set(found.map(({ conversation }) => conversation));
  for (const conversation of unknown) {
    if (!conversations.get(conversation))
      conversations.put(await session.client.call("conversation.get", { conversation }));
  }
}

function row({ conversation: id, message, highlights }) {
  const { conversations } = session.inbox;
  const other = conversations.other(id)?.alias ?? "";
  const mine = message.sender === conversations.me(id)?.number;
  return h(
    "li",
    {},
    h(
      "a",
      { class: "found-row", href: `/conversations/${id}?at=${message.seq}` },
      h("strong", {}, other),
      h(
        "time",
        { datetime: new Date(message.sent_at).toISOString() },
        shortTime(message.sent_at, Date.now(), language(), t),
      ),
      h(
        "span",
        { class: "found-text" },
        mine && `${t("talk.you")}: `,
        snippetOf(message.text, highlights).map(({ text, found }) =>
          found ? h("mark", {}, text) : text,
        ),
      ),
    ),
  );
}

customElements.define("samtale-talk-search", TalkSearch);
