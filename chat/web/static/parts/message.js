// One message in the stream. It is changed in place: what stays the same is not drawn again, so that
// no picture blinks and nobody loses their place in it.

import { fill, h, icon } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { symbolOf } from "../core/reactions.js";
import { fullTime } from "../core/time.js";
import { linked } from "./linked.js";
import { openPicture, pictureAddress } from "./picture-view.js";

const THUMB_PX = 288; // how large a picture stands in a message

const DRAWINGS = {
  sending: "clock",
  failed: "alert",
  sent: "check",
  delivered: "checks",
  read: "checks",
};

/** The words that stand for a message in short: in a quote, at the top, in the list. */
export function gist({ text = "", picture = null, deleted = false }) {
  if (deleted) return t("talk.deleted");
  return text || picture?.description || (picture ? t("message.picture") : "");
}

export class MessageItem {
  #owner;
  #other;
  #said = h("div", { class: "said" });
  #more = h(
    "button",
    { class: "round message-more", type: "button", tabindex: "-1", "aria-haspopup": "dialog" },
    icon("more"),
  );
  #chips = h("ul", { class: "reactions" });
  #foot = h("div", { class: "message-foot" });
  #drawn = {}; // part -> what it was drawn from

  /** `owner` provides menu(row, at), react(row, kind, on), jump(seq), retry(key), discard(key). */
  constructor(owner, other) {
    this.#owner = owner;
    this.#other = other;
    this.row = null;
    this.#more.addEventListener("click", () => owner.menu(this.row, this.#more));
    this.#said.addEventListener("contextmenu", (event) => this.#asked(event));
    longPress(this.#said, () => this.#openMenu(this.#more));
    this.node = h(
      "li",
      {},
      h("span", { class: "seen-by-readers-only" }),
      h("div", { class: "said-line" }, this.#said, this.#more),
      this.#chips,
      this.#foot,
    );
  }

  get more() {
    return this.#more;
  }

  /** Shows a row (core/stream-rows.js). */
  update(row) {
    this.row = row;
    const { node } = this;
    const kinds = ["message", row.mine ? "mine" : "theirs", row.first && "first", row.last && "last"];
    const classes = [...kinds, row.state, row.deleted && "deleted", row.pinned && "pinned"];
    const wanted = classes.filter(Boolean).join(" ");
    const marks = ["found"].filter((name) => node.classList.contains(name));
    node.className = [wanted, ...marks].join(" ");
    if (row.seq !== null) node.dataset.seq = row.seq;
    const { text, deleted, picture, quote } = row;
    const other = row.from ?? this.#other;
    this.#draw("who", [row.mine, other], () => {
      node.firstElementChild.textContent = `${row.mine ? t("talk.you") : other}: `;
      this.#more.setAttribute(
        "aria-label",
        row.mine ? t("message.more.mine") : t("message.more", { other }),
      );
    });
    const from = row.first && row.from;
    this.#draw("said", [text, deleted, quote, row.seq === null, picture, from], () =>
      this.#drawSaid(row),
    );
    this.#draw("chips", row.reactions, () => this.#drawChips(row));
    this.#more.hidden = row.seq === null || deleted;
    const { state, time, edited, pinned, last, newest, why } = row;
    const foot = [state, time, edited, pinned, deleted, last, newest, why];
    this.#draw("foot", foot, () => this.#drawFoot(row));
  }

  #draw(part, from, draw) {
    const signature = JSON.stringify(from);
    if (this.#drawn[part] === signature) return;
    this.#drawn[part] = signature;
    draw();
  }

  // A right click, the menu key, or a long press where the browser tells of it.
  #asked(event) {
    if (event.target.closest("a")) return; // an address has the browser's own menu
    event.preventDefault();
    const isPoint = event.clientX > 0 || event.clientY > 0;
    this.#openMenu(isPoint ? { x: event.clientX, y: event.clientY } : this.#more);
  }

  #openMenu(at) {
    if (!this.#more.hidden) this.#owner.menu(this.row, at);
  }

  #drawSaid({ text, deleted, picture, quote, seq, first, from }) {
    const body = deleted
      ? h("em", {}, t("talk.deleted"))
      : text && h("div", { class: "said-text" }, linked(text));
    fill(
      this.#said,
      first && from && h("strong", { class: "said-from", "aria-hidden": "true" }, from),
      quote && this.#quote(quote),
      picture && !deleted && this.#picture(picture, seq),
      body,
    );
  }

  #quote(quote) {
    const who = quote.mine ? t("talk.you") : this.#other;
    return h(
      "button",
      { class: "quote", type: "button", onclick: () => this.#owner.jump(quote.seq) },
      h("span", { class: "seen-by-readers-only" }, t("message.answers")),
      h("strong", {}, who),
      h("span", { class: "quote-text" }, quote.picture && icon("picture"), gist(quote)),
    );
  }

  #picture(picture) {
    const { width, height } = fitted(picture);
    const { id, description } = picture;
    const alt = description ?? t("picture.alt.none");
    const title = this.row.mine ? t("picture.from.me") : t("picture.from", { other: this.#other });
    const show = () => openPicture({ id, alt, title, description });
    return h(
      "button",
      { class: "said-picture", type: "button", onclick: show, title: t("picture.large") },
      h("img", { src: pictureAddress(id, "thumb"), width, height, alt, decoding: "async" }),
    );
  }

  #drawChips(row) {
    fill(
      this.#chips,
      row.reactions.map(({ kind, count, mine }) => {
        const name = t(`reaction.${kind}`);
        const words = t(mine ? "reaction.mine" : "reaction.theirs", { name, count });
        return h(
          "li",
          {},
          h(
            "button",
            {
              class: "reaction",
              type: "button",
              "aria-pressed": String(mine),
              "aria-label": words,
              title: words,
              onclick: () => this.#owner.react(row, kind, !mine),
            },
            h("span", { class: "symbol" }, symbolOf(kind)),
            count > 1 && String(count),
          ),
        );
      }),
    );
  }

  #drawFoot(row) {
    const { state, mine, newest, last, edited, pinned, at } = row;
    const saysState = mine && (newest || state === "sending" || state === "failed");
    fill(
      this.#foot,
      (last || saysState || edited || pinned) &&
        h(
          "p",
          { class: "when" },
          pinned && h("span", { class: "mark" }, icon("pin"), t("message.pinned")),
          edited && !row.deleted && h("span", { class: "mark" }, t("message.edited")),
          h(
            "time",
            { datetime: new Date(at).toISOString(), title: fullTime(at, language()) },
            row.time,
          ),
          saysState &&
            h("span", { class: "state" }, icon(DRAWINGS[state]), t(`talk.${state}`)),
        ),
      state === "failed" && this.#failed(row),
    );
  }

  #failed({ key, why }) {
    const again = () => this.#owner.retry(key);
    const discard = () => this.#owner.discard(key);
    return h(
      "div",
      { class: "failed-actions" },
      h("p", {}, why),
      h("button", { class: "button plain", type: "button", onclick: again }, t("again")),
      h("button", { class: "button plain", type: "button", onclick: discard }, t("talk.discard")),
    );
  }
}

/** How large it stands, known before it has come, so that nothing jumps. */
function fitted({ width, height }) {
  const scale = Math.min(1, THUMB_PX / Math.max(width, height));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

const LONG_MS = 500;
const STILL_PX = 10;

// Where the browser tells of no long press by itself (iOS).
function longPress(element, act) {
  let timer = 0;
  let from = null;
  const end = () => clearTimeout(timer);
  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || event.target.closest("a")) return;
    from = event;
    end();
    timer = setTimeout(act, LONG_MS);
  });
  element.addEventListener("pointermove", (event) => {
    if (from && Math.hypot(event.x - from.x, event.y - from.y) > STILL_PX) end();
  });
  for (const name of ["pointerup", "pointercancel", "contextmenu"])
    element.addEventListener(name, end);
}
