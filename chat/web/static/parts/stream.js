// The stream of a conversation: scrolls like a talk, newest at the foot, more as one goes either way.
// Whatever comes or goes, where the eye is does not move.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { dayName } from "../core/time.js";
import { MessageItem } from "./message.js";

const NEAR_PX = 60; // this close to the foot counts as at the foot
const AHEAD_PX = 700; // more is fetched before one gets to an end
const FAR = 1.2; // so many heights from the foot, a way back is offered
const POINTED_OUT_MS = 2_500;
const RUNNING_PX = 4; // a line that is cut off by less counts as seen

export class Stream extends HTMLElement {
  #items = new Map(); // key -> MessageItem, or { node, signature } of what is no message
  #mine = null; // the key of one's own newest
  #fetching = { older: "waiting", newer: "waiting" }; // or coming, or failed
  #atFoot = true;
  #isPlaced = false; // it has been shown where one begins
  #tabbed = null; // the message whose menu the tab key reaches
  #list = h("ol", { class: "messages" });
  // Busy until what was said before stands there: only what comes now is read aloud.
  #log = h("div", { role: "log", "aria-busy": "true" }, this.#list);
  #top = h("div", { class: "stream-top" });
  #typing = h("p", { class: "typing", hidden: true });
  #scroller = h(
    "div",
    { class: "stream", tabindex: "0", role: "region" },
    this.#top,
    this.#log,
    this.#typing,
  );
  #pill = h(
    "button",
    { class: "pill", type: "button", hidden: true, onclick: () => this.#toNewest() },
    icon("down"),
    h("span"),
  );

  /**
   * What the owner provides: hasOlder(), older(), hasNewer(), newer(), newest(); seen(seq) hears how
   * far has been before somebody's eyes; and what MessageItem asks for.
   */
  owner = null;

  connectedCallback() {
    this.#log.setAttribute("aria-label", t("talk.messages"));
    this.#scroller.setAttribute("aria-label", t("talk.messages"));
    this.append(this.#scroller, this.#pill);
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#list.addEventListener("focusin", (event) => this.#entered(event));
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#atFoot && this.toFoot()).observe(this.#scroller);
  }

  toFoot() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Brings a message before the eye, and points it out; tells whether it is here. */
  reveal(seq) {
    const node = this.#list.querySelector(`[data-seq="${seq}"]`);
    if (!node) return false;
    this.#atFoot = false;
    node.scrollIntoView({ block: "center" });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), POINTED_OUT_MS);
    node.tabIndex = -1;
    node.focus({ preventScroll: true });
    this.#scrolled();
    return true;
  }

  /**
   * Shows rows (core/stream-rows.js), what the other is doing (writing, thinking or null), and how
   * many messages are unread. The first time it begins at the new ones, or else at the foot.
   */
  show(rows, { typing, other, unread }) {
    const anchor = this.#anchor();
    this.#reconcile(rows, other);
    this.#showTop();
    this.#typing.hidden = !typing;
    this.#typing.textContent = typing ? t(`talk.${typing}`, { other }) : "";
    this.#settle(rows, anchor);
    this.#showPill(unread);
    this.#fetch();
    if (this.#fetching.older === "waiting")
      requestAnimationFrame(() => this.#log.removeAttribute("aria-busy"));
  }

  /** What stands at the top edge, and how far from it. */
  #anchor() {
    const { scrollTop } = this.#scroller;
    const node = this.#firstBelow(scrollTop);
    return node && { node, from: node.offsetTop - scrollTop };
  }

  // The rows stand in order: the first whose foot lies below a line is found by halving.
  #firstBelow(line) {
    const { children } = this.#list;
    let [low, high] = [0, children.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (children[middle].offsetTop + children[middle].offsetHeight > line) high = middle;
      else low = middle + 1;
    }
    return children[low] ?? null;
  }

  #settle(rows, anchor) {
    const before = this.#mine;
    this.#mine = rows.findLast((row) => row.mine)?.key;
    if (!this.#isPlaced && rows.length) {
      this.#isPlaced = true;
      if (this.#toUnread()) return;
    }
    const sent = this.#mine !== before && rows.at(-1)?.mine;
    if ((this.#atFoot || sent) && !this.owner.hasNewer()) this.toFoot();
    else if (anchor?.node.isConnected)
      this.#scroller.scrollTop = anchor.node.offsetTop - anchor.from;
  }

  #toUnread() {
    const divider = this.#items.get("unread")?.node;
    if (!divider) return false;
    this.#scroller.scrollTop = divider.offsetTop - this.#scroller.clientHeight / 4;
    this.#scrolled();
    return true;
  }

  #showPill(unread) {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const isFar = scrollHeight - scrollTop > (1 + FAR) * clientHeight || this.owner.hasNewer();
    this.#pill.hidden = this.#atFoot || !(unread || isFar);
    this.#pill.lastElementChild.textContent = unread
      ? t("talk.new", { count: unread })
      : t("talk.newest");
  }

  async #toNewest() {
    if (this.owner.hasNewer()) await this.owner.newest();
    this.#atFoot = true;
    this.toFoot();
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.#atFoot = isNear && !this.owner.hasNewer();
    this.#fetch();
    this.owner.seen();
  }

  /** The seq of the last message whose end has come into view; 0 when there is none. */
  get seenTo() {
    const { scrollTop, clientHeight } = this.#scroller;
    const cut = this.#firstBelow(scrollTop + clientHeight + RUNNING_PX);
    let node = cut ? cut.previousElementSibling : this.#list.lastElementChild;
    while (node && !node.dataset.seq) node = node.previousElementSibling;
    return Number(node?.dataset.seq ?? 0);
  }

  get atFoot() {
    return this.#atFoot;
  }

  #fetch() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    if (scrollTop <= AHEAD_PX && this.owner.hasOlder()) this.#fetchMore("older");
    else if (scrollHeight - scrollTop - clientHeight <= AHEAD_PX && this.owner.hasNewer())
      this.#fetchMore("newer");
  }

  async #fetchMore(which) {
    if (Object.values(this.#fetching).includes("coming")) return;
    if (this.#fetching[which] === "failed") return;
    this.#fetching[which] = "coming";
    this.#log.setAttribute("aria-busy", "true");
    try {
      await this.owner[which]();
      this.#fetching[which] = "waiting";
    } catch {
      this.#fetching[which] = "failed";
      this.#showTop();
    }
    this.#log.removeAttribute("aria-busy");
  }

  #showTop() {
    const again = () => {
      this.#fetching = { older: "waiting", newer: "waiting" };
      this.#fetch();
    };
    const button = { class: "button plain", type: "button", onclick: again };
    if (Object.values(this.#fetching).includes("failed"))
      fill(this.#top, h("button", button, t("talk.older.again")));
    else fill(this.#top, !this.owner.hasOlder() && h("p", { class: "meta" }, t("talk.beginning")));
  }

  // Touches only what has changed, so that a long history costs nothing while one writes.
  #reconcile(rows, other) {
    const keys = new Set(rows.map(({ key }) => key));
    for (const [key, { node }] of this.#items) {
      if (keys.has(key)) continue;
      node.remove();
      this.#items.delete(key);
    }
    let place = this.#list.firstElementChild;
    for (const row of rows) {
      const before = this.#items.get(row.key)?.node;
      const { node } = this.#drawn(row, other);
      if (place && before === place) place = node;
      if (node === place) place = place.nextElementSibling;
      else this.#list.insertBefore(node, place);
    }
    if (!this.#tabbed?.node.isConnected || this.#tabbed.more.hidden) this.#reach(this.#lastItem());
  }

  #drawn(row, other) {
    const known = this.#items.get(row.key);
    if (row.kind === "message") {
      const item = known ?? new MessageItem(this.owner, other);
      item.update(row);
      this.#items.set(row.key, item);
      return item;
    }
    const signature = dayName(row.at, Date.now(), language(), t);
    if (known?.signature === signature) return known;
    const item = { node: this.#sign(row, other), signature };
    known?.node.replaceWith(item.node);
    this.#items.set(row.key, item);
    return item;
  }

  #sign(row, other) {
    if (row.kind === "day")
      return h("li", { class: "day" }, h("span", {}, dayName(row.at, Date.now(), language(), t)));
    if (row.kind === "unread")
      return h("li", { class: "unread-from" }, h("span", {}, t("talk.unread_from")));
    return h("li", { class: "happened" }, h("span", {}, t(`talk.${row.kind}`, { other, name: row.name })));
  }

  // --- the keyboard: the tab key reaches one message's menu, the arrows lead from there to the others

  get #withMenu() {
    return [...this.#items.values()].filter(({ more }) => more && !more.hidden);
  }

  #lastItem() {
    return this.#withMenu.sort((a, b) => a.row.seq - b.row.seq).at(-1) ?? null;
  }

  #reach(item) {
    if (this.#tabbed) this.#tabbed.more.tabIndex = -1;
    this.#tabbed = item;
    if (item) item.more.tabIndex = 0;
  }

  #entered(event) {
    const item = this.#withMenu.find(({ more }) => more === event.target);
    if (item) this.#reach(item);
  }

  #key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.target !== this.#tabbed?.more) return;
    event.preventDefault();
    const items = this.#withMenu.sort((a, b) => a.row.seq - b.row.seq);
    items[items.indexOf(this.#tabbed) + by]?.more.focus();
  }
}

customElements.define("samtale-stream", Stream);
