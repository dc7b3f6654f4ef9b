// The waiting room: a look at oneself, a word into the microphone, and how one would like to talk.

import { listenTo } from "../call/devices.js";
import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { mediumChoice } from "./call-media.js";
import { feelings } from "./feelings.js";
import { note } from "./states.js";

const HEARD = 0.04; // this loud counts as heard

class CallRoom extends HTMLElement {
  #medium = session.talk?.role === "coordinator" ? "voice" : "video";
  #self = h("video", { class: "call-self", playsinline: true });
  #off = h("div", { class: "call-off", "aria-hidden": "true" });
  #level = h("span", { class: "call-level", "aria-hidden": "true" }, h("span"));
  #heard = h("p", { class: "call-heard", role: "status" });
  #problems = h("div", { class: "call-problems" });
  #choices = h("div", { class: "call-devices" });
  #waits = h("p", { class: "call-waits", role: "status" });
  #go = h("button", { class: "button wide call-go", type: "button" });
  #quiet = () => {};
  #ready = Promise.resolve(); // the devices are turned on

  connectedCallback() {
    const { other } = this;
    this.#self.muted = true;
    this.#self.setAttribute("aria-label", t("call.self"));
    this.#go.addEventListener("click", () => this.#enter());
    const choose = (medium) => (this.#ready = this.#use(medium));
    this.append(
      h("h1", {}, t("call.room", { other })),
      h("p", { class: "meta" }, t("call.room.text", { other })),
      ...announced(),
      h("div", { class: "call-mirror" }, this.#self, this.#off, this.#level),
      this.#heard,
      this.#problems,
      mediumChoice({ label: t("call.choose"), name: "room", chosen: this.#medium, choose }),
      this.#choices,
      this.#waits,
      this.#go,
      ...(session.talk?.may.includes("feel_before") ? [feelings("before")] : []),
    );
    choose(this.#medium);
  }

  disconnectedCallback() {
    this.#quiet();
  }

  /** Shows what is known of the call. */
  refresh() {
    const { call, other } = this;
    const { known } = call;
    const isOn = known && known.state !== "ended";
    const waits = isOn && call.other && !call.isBusy;
    fill(this.#waits, waits && [icon("clock"), t("call.waits", { other })]);
    if (call.isElsewhere || call.isBusy)
      fill(this.#waits, h("strong", {}, t("call.elsewhere")), " ", t("call.elsewhere.text"));
    const words = call.isBusy ? "here" : waits ? "join" : "enter";
    this.#go.textContent = t(`call.${words}`, { other });
  }

  async #use(medium) {
    this.#medium = medium;
    const { devices } = this;
    await devices.use(medium);
    if (!this.isConnected) return;
    this.#quiet();
    this.#quiet = devices.audio
      ? listenTo(devices.audio, (level) => this.#loud(level))
      : () => {};
    this.#self.srcObject = devices.video ? new MediaStream([devices.video]) : null;
    if (devices.video) this.#self.play().catch(() => {});
    this.#self.hidden = !devices.video;
    fill(this.#off, !devices.video && icon(medium === "text" ? "pen" : "camera-off"));
    this.#level.hidden = !devices.audio;
    this.#heard.textContent = devices.audio ? t("call.say") : "";
    this.#tellProblems();
    await this.#offerDevices();
  }

  #tellProblems() {
    const found = Object.entries(this.devices.problems).filter(([, why]) => why);
    fill(
      this.#problems,
      found.map(([kind, why]) => note(t(`call.problem.${kind}.${why}`), "notice")),
    );
  }

  #loud(level) {
    this.#level.style.setProperty("--level", String(level));
    if (level > HEARD && this.#heard.textContent !== t("call.heard"))
      this.#heard.textContent = t("call.heard");
  }

  // Only where there is something to choose from.
  async #offerDevices() {
    const kinds = { video: t("call.camera"), audio: t("call.microphone") };
    const lists = await Promise.all(
      Object.entries(kinds).map(async ([kind, label]) => {
        const all = this.devices[kind] ? await this.devices.list(kind) : [];
        return all.length > 1 && this.#select(kind, label, all);
      }),
    );
    if (this.isConnected) fill(this.#choices, lists);
  }

  #select(kind, label, all) {
    const now = this.devices[kind].getSettings().deviceId;
    const choose = async (event) => {
      await this.devices.choose(kind, event.target.value);
      await this.#use(this.#medium);
    };
    const options = all.map((one) =>
      h("option", { value: one.id, selected: one.id === now }, one.label),
    );
    return h("label", {}, h("span", {}, label), h("select", { onchange: choose }, options));
  }

  // Whoever cannot be seen or heard goes in without, and can always write.
  async #enter() {
    const { devices } = this;
    this.#go.setAttribute("aria-busy", "true");
    await this.#ready; // one may be quicker than one's camera
    const heard = devices.audio ? "voice" : "text";
    const medium = this.#medium === "video" && devices.video ? "video" : heard;
    const error = await this.owner.enter(this.#medium === "text" ? "text" : medium);
    this.#go.removeAttribute("aria-busy");
    if (!error?.code?.startsWith("calls_")) return;
    const write = { class: "button second", type: "button", onclick: () => this.owner.write() };
    fill(
      this.#waits,
      h("strong", {}, t("call.none")),
      h("button", write, t("call.write")),
    );
  }
}

/** A coordinator who takes part is announced to everyone, before anything is said. */
function announced() {
  const coordinator = session.talk?.parties.find(({ role, me }) => role === "coordinator" && !me);
  return coordinator ? [note(t("book.coordinator", { name: coordinator.name }))] : [];
}

customElements.define("samtale-call-room", CallRoom);
