// The bubbles one may see, newest first; the address holds what they are narrowed by.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { longAgo } from "../core/time.js";
import { bubbleMark } from "../parts/bubble-mark.js";
import { empty, problem, waiting, wordsOf } from "../parts/states.js";

const PAGE = 20;

// The list that was left last, for the way back.
let left = { address: null, bubbles: [], next: null };

class Bubbles extends HTMLElement {
  #list = h("ul", { class: "bubble-list" });
  #below = h("div", { class: "below" });
  #narrowing = h("div", { class: "narrowing" });
  #count = h("p", { class: "meta count", role: "status" });
  #bubbles = [];
  #next = null;
  #names = new Map();

  connectedCallback() {
    this.append(
      h(
        "div",
        { class: "title-row" },
        h("h1", {}, t("bubbles.title")),
        h("a", { class: "button", href: "/bubbles/new" }, icon("plus"), t("bubbles.new")),
      ),
      this.#narrowing,
      h("div", {}, this.#count, this.#list, this.#below),
    );
    this.ready = this.#start();
  }

  async #start() {
    fill(this.#below, waiting());
    try {
      const [interests, municipalities] = await Promise.all([
        session.interests(),
        session.municipalities(),
      ]);
      this.#names = new Map(municipalities.map(({ code, name }) => [code, name]));
      this.#narrow(interests, municipalities);
      this.#tellCount();
      if (this.back && left.address === this.#address()) this.#add(left.bubbles, left.next);
      else await this.#more();
    } catch (error) {
      fill(
        this,
        problem(error, () => go(location.href, { replace: true })),
      );
    }
  }

  #asked() {
    const { query } = this.route;
    const municipality = query.get("municipality");
    return {
      interest: query.get("interest") || undefined,
      municipality: municipality ? Number(municipality) : undefined,
      query: query.get("query") || undefined,
      mine: query.get("mine") === "yes" || undefined,
    };
  }

  #address(changes = {}) {
    const query = new URLSearchParams(this.route.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    return query.toString() ? `/bubbles?${query}` : "/bubbles";
  }

  #narrow(interests, municipalities) {
    const { interest, municipality, query = "", mine } = this.#asked();
    const words = h("input", {
      class: "input",
      type: "search",
      name: "query",
      value: query,
      maxlength: 200,
      placeholder: t("bubbles.search"),
      "aria-label": t("bubbles.search"),
      enterkeyhint: "search",
    });
    const search = h(
      "form",
      { class: "search", role: "search" },
      words,
      h(
        "button",
        { class: "round", type: "submit", "aria-label": t("bubbles.search.do") },
        icon("search"),
      ),
    );
    search.addEventListener("submit", (event) => {
      event.preventDefault();
      go(this.#address({ query: words.value.trim() }));
    });
    const place = h(
      "select",
      {
        class: "input place",
        "aria-label": t("municipality"),
        onchange: () => go(this.#address({ municipality: place.value })),
      },
      h("option", { value: "" }, t("bubbles.everywhere")),
      municipalities.map(({ code, name }) =>
        h("option", { value: code, selected: code === municipality }, name),
      ),
    );
    const chip = (address, current, symbol, name) =>
      h(
        "a",
        { class: "chip", href: address, "aria-current": current ? "true" : null },
        symbol && h("span", { class: "symbol", "aria-hidden": "true" }, symbol),
        name,
      );
    const chips = h(
      "nav",
      { class: "chips sideways", "aria-label": t("bubbles.interests") },
      chip(
        this.#address({ interest: null, mine: null }),
        !interest && !mine,
        null,
        t("bubbles.all"),
      ),
      chip(this.#address({ mine: mine ? null : "yes" }), mine, null, t("bubbles.mine")),
      interests.map((one) =>
        chip(
          this.#address({ interest: one.slug === interest ? null : one.slug }),
          one.slug === interest,
          one.symbol,
          language() === "da" ? one.danish : one.english,
        ),
      ),
    );
    fill(this.#narrowing, h("div", { class: "search-row" }, search, place), chips);
    const current = chips.querySelector("[aria-current]");
    if (current) chips.scrollLeft = Math.max(0, current.offsetLeft - chips.offsetLeft - 24);
  }

  async #more() {
    const page = await session.client.call("bubble.list", {
      ...this.#asked(),
      before: this.#next ?? undefined,
      limit: PAGE,
    });
    this.#add(page.bubbles, page.next);
  }

  // How many there are is nice to know, no more.
  async #tellCount() {
    const { mine, ...asked } = this.#asked();
    if (mine) return;
    const answer = await session.client.call("bubble.count", asked).catch(() => null);
    if (answer?.count) this.#count.textContent = t("bubbles.count", { count: answer.count });
  }

  #add(bubbles, next) {
    this.#bubbles.push(...bubbles);
    this.#next = next;
    left = { address: this.#address(), bubbles: this.#bubbles, next };
    this.#list.append(...bubbles.map((bubble) => this.#card(bubble)));
    if (!this.#bubbles.length) fill(this.#below, this.#nothing());
    else fill(this.#below, next && this.#moreButton());
  }

  #moreButton() {
    const button = h("button", { class: "button second", type: "button" }, t("more"));
    button.addEventListener("click", async () => {
      button.setAttribute("aria-busy", "true");
      const reached = this.#bubbles.length;
      try {
        await this.#more();
        this.#list.children[reached]?.querySelector("a").focus({ preventScroll: true });
      } catch (error) {
        fill(this.#below, h("p", { class: "note alarm", role: "alert" }, wordsOf(error)), button);
        button.removeAttribute("aria-busy");
      }
    });
    return button;
  }

  #nothing() {
    const { interest, municipality, query, mine } = this.#asked();
    const kind = mine ? "mine" : interest || municipality || query ? "narrowed" : "none";
    const action =
      kind === "narrowed"
        ? h("a", { class: "button second", href: "/bubbles" }, t("bubbles.all"))
        : h("a", { class: "button", href: "/bubbles/new" }, t("bubbles.new"));
    return empty({
      symbol: "🫧",
      title: t(`bubbles.${kind}.title`),
      text: t(`bubbles.${kind}.text`),
      action,
    });
  }

  #card(bubble) {
    return h(
      "li",
      { class: `card bubble-card ${bubble.state}` },
      bubbleMark(bubble),
      h(
        "div",
        { class: "bubble-card-words" },
        h("h2", {}, h("a", { href: `/bubbles/${bubble.id}` }, bubble.title)),
        h("p", { class: "excerpt" }, bubble.text),
        h("p", { class: "meta" }, this.#meta(bubble)),
      ),
      bubbleSign(bubble),
    );
  }

  #meta(bubble) {
    const who = bubble.mine ? t("bubble.you") : bubble.author;
    const place = bubble.municipality === null ? null : this.#names.get(bubble.municipality);
    return [who, place, longAgo(bubble.created_at, Date.now(), language(), t)]
      .filter(Boolean)
      .join(" · ");
  }
}

/** How many have written to its author. */
export function answers({ answers: count }) {
  return count ? t("bubble.answers", { count }) : t("bubble.unanswered");
}

/** What is special about a bubble, for its author and for whoever has written. */
export function bubbleSign(bubble) {
  if (bubble.state === "held") return h("p", { class: "sign notice" }, t("bubble.held.sign"));
  if (bubble.state === "closed") return h("p", { class: "sign" }, t("bubble.closed.sign"));
  if (bubble.mine) return h("p", { class: "sign" }, answers(bubble));
  return bubble.conversation && h("p", { class: "sign" }, t("bubble.replied.sign"));
}

customElements.define("samtale-bubbles", Bubbles);
