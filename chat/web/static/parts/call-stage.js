// The talk itself: the other, oneself in a corner, how good the connection is, and the time left.

import { leftUntil } from "../call/quality.js";
import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { mediumChoice } from "./call-media.js";
import { openCrisisCard } from "./crisis-card.js";
import { wordsOf } from "./states.js";
import { say } from "./toast.js";

class CallStage extends HTMLElement {
  #theirs = h("video", { class: "call-theirs", playsinline: true });
  #mine = h("video", { class: "call-mine", playsinline: true });
  #instead = h("div", { class: "call-instead" });
  #says = h("p", { class: "call-says", role: "status" });
  #quality = h("p", { class: "call-quality", role: "status" });
  #left = h("p", { class: "call-left" });
  #warning = h("div", { class: "call-warning", role: "alert" });
  #mute = h("button", { class: "call-button", type: "button" });
  #media = null;
  #end = h("button", { class: "call-button end", type: "button" });
  #warned = ""; // what the warning shows
  #besides = h("ul", { class: "call-besides" });

  connectedCallback() {
    const { call, other } = this;
    this.#mine.muted = true;
    this.#mine.setAttribute("aria-label", t("call.self"));
    this.#theirs.setAttribute("aria-label", t("call.theirs", { other }));
    const choose = (medium) => this.owner.change(medium);
    this.#media = mediumChoice({
      ...{ label: t("call.change.label"), name: "talk", chosen: call.medium, choose },
    });
    this.#mute.addEventListener("click", () => {
      this.devices.mute(!this.devices.isMuted);
      this.refresh();
    });
    this.#end.addEventListener("click", () => this.owner.end());
    this.append(
      h(
        "header",
        { class: "call-head" },
        h("div", { class: "call-who" }, h("h1", {}, other), this.#left),
        session.talk?.role === "volunteer" && callCoordinator(),
        h(
          "button",
          { class: "call-help", type: "button", onclick: openCrisisCard },
          icon("care"),
          t("crisis.short"),
        ),
      ),
      h(
        "div",
        { class: "call-picture" },
        this.#theirs,
        this.#instead,
        this.#mine,
        h("div", { class: "call-lines" }, this.#says, this.#quality, this.#besides),
      ),
      this.#warning,
      h("div", { class: "call-controls" }, this.#media, this.#mute, this.#end),
    );
  }

  /** Shows the call as it is now. */
  refresh() {
    const { call, other, devices } = this;
    const { state } = call.known;
    this.dataset.medium = call.sent;
    const seen = this.#play(call.stream) && call.other?.media === "video" && call.sent !== "text";
    this.#theirs.classList.toggle("unseen", !seen);
    this.#showMine(devices.video);
    this.#says.textContent = this.#saying(state, other);
    const flows = call.quality !== "none" && call.sent !== "text";
    this.#quality.textContent = flows ? t(`call.quality.${call.quality}`, { other }) : "";
    this.#quality.dataset.quality = call.quality;
    fill(this.#instead, !seen && this.#standIn(other));
    this.#hearBesides(call.besides);
    this.#choose(call.medium);
    this.#muteAndEnd(state);
    this.tick();
  }

  /** The clock has gone on. */
  tick() {
    const { known, time } = this.call;
    if (!known?.ends_at) return;
    const { minutes } = leftUntil(known.ends_at, time);
    this.#left.textContent = t("call.left", { count: minutes });
    this.#warn(known, time);
  }

  // Sound and picture of the other; the same stream is not begun again.
  #play(stream) {
    if (stream && this.#theirs.srcObject !== stream) {
      this.#theirs.srcObject = stream;
      this.#theirs.play().catch(() => {});
    }
    if (!stream) this.#theirs.srcObject = null;
    return Boolean(stream?.getVideoTracks().length);
  }

  // A third is heard, and named for all to see; the same sound is not begun again.
  #hearBesides(besides) {
    const names = (member) => this.owner.nameOf(member);
    const shown = new Map([...this.#besides.children].map((one) => [one.dataset.member, one]));
    const items = besides.map(({ member, stream }) => {
      const words = t("call.besides", { name: names(member) });
      const made = () => h("li", { "data-member": member }, icon("phone"), words, h("audio", {}));
      const item = shown.get(String(member)) ?? made();
      const sound = item.querySelector("audio");
      if (stream && sound.srcObject !== stream) {
        sound.srcObject = stream;
        sound.play().catch(() => {});
      }
      return item;
    });
    const isSame = items.length === shown.size && items.every((one) => one.isConnected);
    if (!isSame) fill(this.#besides, items);
  }

  #showMine(track) {
    const shown = this.#mine.srcObject?.getVideoTracks()[0] ?? null;
    if (shown !== track) {
      this.#mine.srcObject = track && new MediaStream([track]);
      if (track) this.#mine.play().catch(() => {});
    }
    this.#mine.hidden = !track;
  }

  #saying(state, other) {
    const { call } = this;
    if (state === "ringing") return t("call.ringing", { other });
    if (!call.other) return `${t("call.alone", { other })} ${t("call.alone.text")}`;
    if (call.sent === "text") return `${t("call.by.text")}. ${t("call.by.text.text")}`;
    if (state === "connecting") return t("call.connecting", { other });
    return call.other.media === "voice" ? t("call.by.voice", { other }) : "";
  }

  #standIn(other) {
    const drawing = this.call.sent === "text" ? icon("pen") : other.trim()[0]?.toUpperCase();
    const { mode } = this.call;
    return [
      h("span", { class: "bubble large", "aria-hidden": "true" }, drawing),
      mode === "loopback" && h("p", { class: "meta" }, t("call.demo")),
    ];
  }

  #choose(medium) {
    const input = this.#media.querySelector(`[value="${medium}"]`);
    if (!input.checked) input.checked = true;
  }

  #muteAndEnd(state) {
    const { isMuted } = this.devices;
    this.#mute.hidden = this.call.sent === "text";
    this.#mute.setAttribute("aria-pressed", String(isMuted));
    const words = t(isMuted ? "call.unmute" : "call.mute");
    const drawing = icon(isMuted ? "microphone-off" : "microphone");
    fill(this.#mute, drawing, worded(words, t("call.mute.short")));
    const end = state === "ringing" ? "call.cancel" : "call.end";
    fill(this.#end, icon("close"), worded(t(end), t(`${end}.short`)));
  }

  // Said once in words that stay; only the seconds of the farewell are counted.
  #warn(known, time) {
    const { other, call } = this;
    const isOver = time >= known.ends_at;
    const asks = known.parties.find((one) => one.member === call.other?.member)?.wants_more;
    const mine = call.wantsMore;
    const shown = known.warned || isOver || asks || mine ? `${isOver} ${asks} ${mine}` : "";
    if (shown !== this.#warned) {
      this.#warned = shown;
      fill(this.#warning, shown && this.#warningOf({ isOver, asks, mine, known, time, other }));
    }
    const seconds = this.#warning.querySelector(".call-seconds");
    const left = leftUntil(known.closes_at, time);
    if (seconds) seconds.textContent = t("call.over_now.text", { seconds: left.seconds });
  }

  #warningOf({ isOver, asks, mine, known, time, other }) {
    const { minutes } = leftUntil(known.ends_at, time);
    const asked = mine ? t("call.more.mine", { other }) : asks ? t("call.more.theirs", { other }) : "";
    return [
      h("p", {}, h("strong", {}, isOver ? t("call.over_now") : t("call.soon", { count: minutes }))),
      isOver && h("p", { class: "call-seconds", "aria-hidden": "true" }),
      asked && h("p", {}, asked),
      h(
        "button",
        { class: "button second", type: "button", onclick: () => this.owner.more(!mine) },
        t(mine ? "call.more.not" : "call.more"),
      ),
    ];
  }
}

/** What a button says: shorter to the eye where there is little room. */
const worded = (words, short) => [
  h("span", { class: "words" }, words),
  h("span", { class: "short", "aria-hidden": "true" }, short),
];

/** For the volunteer, and unseen by the citizen: a coordinator looks in. */
function callCoordinator() {
  const words = t("coordinator.call");
  const short = h("span", { class: "roomy" }, t("role.coordinator"));
  const properties = { class: "call-help", type: "button", "aria-label": words };
  const button = h("button", properties, icon("bell"), short);
  button.title = words;
  button.addEventListener("click", async () => {
    try {
      await session.client.call("talk.call_coordinator", { talk: session.talk.id });
      say(t("coordinator.called"));
    } catch (error) {
      say(wordsOf(error), "alarm");
    }
  });
  return button;
}

customElements.define("samtale-call-stage", CallStage);
