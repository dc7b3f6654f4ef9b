// The stream of a conversation: scrolls like a talk, newest at the foot, older ones as one goes up.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { dayName, fullTime } from "../core/time.js";
import { linked } from "./linked.js";

const NEAR_PX = 60; // this close to the foot counts as at the foot
const AHEAD_PX = 700; // older ones are fetched before one gets to the top

export class Stream extends HTMLElement {
  #nodes = new Map(); // key -> { signature, node }
  #ends = {}; // the keys of the oldest message, and of the newest of theirs and of one's own
  #older = "waiting"; // or coming, or failed
  #atFoot = true;
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
    { class: "pill", type: "button", hidden: true, onclick: () => this.toFoot({ smooth: true }) },
    icon("down"),
    h("span"),
  );

  /** What the owner provides: older() fetches older ones; retry(key), discard(key); seen(). */
  owner = null;

  connectedCallback() {
    this.#log.setAttribute("aria-label", t("talk.messages"));
    this.#scroller.setAttribute("aria-label", t("talk.messages"));
    this.append(this.#scroller, this.#pill);
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#atFoot && this.toFoot()).observe(this.#scroller);
  }

  get atFoot() {
    return this.#atFoot;
  }

  toFoot({ smooth = false } = {}) {
    this.#scroller.scrollTo({
      top: this.#scroller.scrollHeight,
      behavior: smooth ? "smooth" : "instant",
    });
  }

  /** Shows rows (core/stream-rows.js), and whether the other is writing. */
  show(rows, { typing, other }) {
    const fromFoot = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    this.#reconcile(rows, other);
    this.#showTop();
    this.#typing.hidden = !typing;
    this.#typing.textContent = typing ? t("talk.typing", { other }) : "";
    this.#settle(rows, fromFoot);
    this.#fetchOlder();
    if (this.#older === "waiting")
      requestAnimationFrame(() => this.#log.removeAttribute("aria-busy"));
  }

  // Where the eye is must not move: at the foot it stays at the foot, above it stays on its message.
  #settle(rows, fromFoot) {
    const before = this.#ends;
    const said = rows.filter(({ kind }) => kind === "message");
    const newest = (mine) => said.findLast((row) => row.mine === mine)?.key;
    this.#ends = { oldest: said[0]?.key, mine: newest(true), theirs: newest(false) };
    const { oldest, mine, theirs } = this.#ends;
    if (this.#atFoot || mine !== before.mine) this.toFoot();
    else if (oldest !== before.oldest)
      this.#scroller.scrollTop = this.#scroller.scrollHeight - fromFoot;
    if (!this.#atFoot && theirs !== before.theirs) this.#showPill();
  }

  #showPill() {
    this.#pill.hidden = false;
    this.#pill.querySelector("span").textContent = t("talk.new");
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.#atFoot = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.#atFoot) {
      this.#pill.hidden = true;
      this.owner.seen();
    }
    this.#fetchOlder();
  }

  async #fetchOlder() {
    const isNear = this.#scroller.scrollTop <= AHEAD_PX;
    if (this.#older !== "waiting" || !isNear || !this.owner.hasOlder()) return;
    this.#older = "coming";
    this.#log.setAttribute("aria-busy", "true");
    try {
      await this.owner.older();
      this.#older = "waiting";
    } catch {
      this.#older = "failed";
      this.#showTop();
    }
    this.#log.removeAttribute("aria-busy");
  }

  #showTop() {
    const again = () => {
      this.#older = "waiting";
      this.#fetchOlder();
    };
    const button = { class: "button plain", type: "button", onclick: again };
    if (this.#older === "failed") fill(this.#top, h("button", button, t("talk.older.again")));
    else fill(this.#top, !this.owner.hasOlder() && h("p", { class: "meta" }, t("talk.beginning")));
  }

  // Touches only what has changed, so that a long history costs nothing while one writes.
  #reconcile(rows, other) {
    const keys = new Set(rows.map(({ key }) => key));
    for (const [key, { node }] of this.#nodes) {
      if (keys.has(key)) continue;
      node.remove();
      this.#nodes.delete(key);
    }
    let place = this.#list.firstElementChild;
    for (const row of rows) {
      const signature = JSON.stringify(row);
      const known = this.#nodes.get(row.key);
      if (known?.signature === signature && known.node === place) {
        place = place.nextElementSibling;
        continue;
      }
      if (known?.node === place) place = place?.nextElementSibling ?? null;
      known?.node.remove();
      const node = this.#node(row, other);
      this.#list.insertBefore(node, place);
      this.#nodes.set(row.key, { signature, node });
    }
  }

  #node(row, other) {
    if (row.kind === "day")
      return h("li", { class: "day" }, h("span", {}, dayName(row.at, Date.now(), language(), t)));
    if (row.kind === "message") return this.#message(row, other);
    return h("li", { class: "happened" }, h("span", {}, t(`talk.${row.kind}`, { other })));
  }

  #message(row, other) {
    const kinds = [
      "message",
      row.mine ? "mine" : "theirs",
      row.first && "first",
      row.last && "last",
      row.state ?? "",
    ];
    const fullState = row.mine && (row.newest || row.state === "sending" || row.state === "failed");
    return h(
      "li",
      { class: kinds.filter(Boolean).join(" ") },
      h("span", { class: "seen-by-readers-only" }, row.mine ? t("talk.you") : other, ": "),
      h("div", { class: "said" }, row.deleted ? h("em", {}, t("talk.deleted")) : linked(row.text)),
      (row.last || fullState) &&
        h(
          "p",
          { class: "when" },
          h(
            "time",
            { datetime: new Date(row.at).toISOString(), title: fullTime(row.at, language()) },
            row.time,
          ),
          fullState && this.#state(row),
        ),
      row.state === "failed" && this.#failed(row),
    );
  }

  #state({ state }) {
    const drawing = {
      sending: "clock",
      failed: "alert",
      sent: "check",
      delivered: "checks",
      read: "checks",
    }[state];
    return h("span", { class: "state" }, icon(drawing), t(`talk.${state}`));
  }

  #failed({ key, why }) {
    return h(
      "div",
      { class: "failed-actions" },
      h("p", {}, why),
      h(
        "button",
        { class: "button plain", type: "button", onclick: () => this.owner.retry(key) },
        t("again"),
      ),
      h(
        "button",
        { class: "button plain", type: "button", onclick: () => this.owner.discard(key) },
        t("talk.discard"),
      ),
    );
  }
}

customElements.define("samtale-stream", Stream);
