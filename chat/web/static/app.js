// The page: the frame around every view, and which view it shows.

import { fill, h, icon, image } from "./core/dom.js";
import { keptLanguage, language, t, useLanguage } from "./core/i18n.js";
import { go, routeOf, startRouter } from "./core/router.js";
import { session } from "./core/session.js";
import { newInAll } from "./core/unread.js";
import { openCrisisCard } from "./parts/crisis-card.js";
import { problem, waiting } from "./parts/states.js";
import "./views/welcome.js";
import "./views/signup.js";
import "./views/mail-links.js";
import "./views/login.js";
import "./views/link.js";
import "./views/not-found.js";

// What is loaded when somebody comes to it.
const PARTS = {
  members: () => import("./views/members.js"),
  snaksammen: () => import("./views/snaksammen.js"),
};

const TABS = [
  ["bubbles", "/bubbles", "bubbles"],
  ["talks", "/inbox", "talks"],
  ["snak", "/talks", "phone"],
  ["new", "/bubbles/new", "plus"],
  ["me", "/settings", "me"],
];

class App extends HTMLElement {
  #route = null;
  #shown = null; // the view's element
  #isFirst = true; // nothing has been shown yet
  #wasLoggedIn = false;
  #spoken = null; // the language of the frame
  #main = h("main", { id: "main", class: "main", tabindex: "-1" });
  #paused = h("p", { class: "paused", role: "status" });
  #header = h("header", { class: "header" });
  #tabs = h("nav", { class: "tabs" });
  #footer = h("footer", { class: "footer" });
  #bar = h("div", { class: "connection", role: "status" });
  #barDelay = null;
  #ringing = document.createElement("samtale-call-ringing"); // rings once members.js is there

  async connectedCallback() {
    await useLanguage(keptLanguage());
    fill(this.#main, waiting());
    this.append(
      ...[this.#skipLink(), this.#bar, this.#ringing, this.#header, this.#paused],
      ...[this.#main, this.#footer, this.#tabs],
    );
    await this.#start();
  }

  async #start() {
    try {
      await session.start();
    } catch (error) {
      this.#frame();
      fill(
        this.#main,
        problem(error, () => this.#start()),
      );
      return;
    }
    this.#wasLoggedIn = Boolean(session.account);
    session.onChange(() => this.#accountChanged());
    session.onInbox(() => this.#count());
    session.client.on("state", () => this.#connection());
    this.#frame();
    startRouter((route, how) => this.#show(route, how));
  }

  #skipLink() {
    const skip = (event) => {
      event.preventDefault();
      this.#main.focus();
    };
    return h("a", { class: "skip", href: "#main", onclick: skip }, t("skip"));
  }

  #show(route, { back = false, scroll = 0 } = {}) {
    const redirect = this.#redirect(route);
    if (redirect) {
      go(redirect, { replace: true });
      return;
    }
    this.#route = route;
    if (route.part && !customElements.get(route.view)) {
      this.#load(route, { back, scroll });
      return;
    }
    document.body.dataset.view = route.view.replace("samtale-", "");
    document.body.classList.toggle("deep", Boolean(route.params.id));
    this.#mark();
    if (this.#shown?.localName === route.view && this.#shown.take?.(route)) {
      this.#arrive({ back });
      return;
    }
    this.#shown = Object.assign(document.createElement(route.view), { route, back });
    fill(this.#main, this.#shown);
    scrollTo(0, 0);
    this.#arrive({ back, scroll });
  }

  async #load(route, how) {
    fill(this.#main, waiting());
    this.#shown = null;
    try {
      await PARTS[route.part]();
    } catch {
      const error = { code: "disconnected", then: "retry" };
      fill(
        this.#main,
        problem(error, () => location.reload()),
      );
      return;
    }
    if (this.#route === route) this.#show(route, how); // nobody has gone elsewhere meanwhile
  }

  // Whoever goes back is where they were. Whoever goes on, and cannot see the page, hears where they
  // have come; a page just loaded says so by itself.
  async #arrive({ back, scroll = 0 }) {
    const shown = this.#shown;
    const loaded = this.#isFirst;
    this.#isFirst = false;
    await shown.ready;
    if (shown !== this.#shown) return;
    if (scroll) scrollTo(0, scroll);
    const heading = shown.querySelector("h1");
    document.title = heading ? `${heading.textContent} · Samtale` : "Samtale";
    if (loaded || back || !heading || document.activeElement?.closest("main")) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  #redirect(route) {
    const address = location.pathname + location.search + location.hash;
    if (route.account && !session.account) return `/login?next=${encodeURIComponent(address)}`;
    const forGuests = ["samtale-welcome", "samtale-signup", "samtale-login"];
    if (session.account && forGuests.includes(route.view))
      return nextAfterLogin(route) ?? "/bubbles";
    return null;
  }

  #accountChanged() {
    const loggedIn = Boolean(session.account);
    if (loggedIn !== this.#wasLoggedIn) {
      this.#wasLoggedIn = loggedIn;
      this.#frame();
      if (loggedIn) this.#show(routeOf(location.href));
      else go("/", { replace: true });
    }
    if (this.#spoken !== language()) this.#speakAnew();
    this.#pause();
  }

  #speakAnew() {
    this.#frame();
    this.#shown = null;
    this.#show(this.#route, { scroll: scrollY });
  }

  #frame() {
    const loggedIn = Boolean(session.account);
    this.#spoken = language();
    const other = language() === "da" ? "en" : "da";
    this.querySelector(".skip").textContent = t("skip");
    document.body.classList.toggle("logged-in", loggedIn);
    fill(
      this.#header,
      h(
        "a",
        { class: "brand", href: loggedIn ? "/bubbles" : "/" },
        h("img", { src: image("logo.svg"), alt: "", width: 36, height: 36 }),
        h("span", {}, "Samtale"),
      ),
      loggedIn &&
        h(
          "nav",
          { class: "header-nav", "aria-label": t("nav.label") },
          TABS.map((tab) => this.#tab(...tab)),
        ),
      h(
        "button",
        {
          class: "header-button",
          type: "button",
          lang: other,
          onclick: () => session.speak(other),
        },
        other === "da" ? "Dansk" : "English",
      ),
      h(
        "button",
        { class: "header-button help", type: "button", onclick: openCrisisCard },
        icon("care"),
        t("crisis.short"),
      ),
    );
    this.#tabs.setAttribute("aria-label", t("nav.label"));
    fill(this.#tabs, loggedIn && TABS.map((tab) => this.#tab(...tab)));
    this.#tabs.hidden = !loggedIn;
    fill(
      this.#footer,
      h(
        "button",
        { class: "button plain", type: "button", onclick: openCrisisCard },
        icon("care"),
        t("crisis.open"),
      ),
      h("p", { class: "meta" }, t("footer.free")),
    );
    this.#mark();
    this.#count();
    this.#connection();
    this.#pause();
  }

  #pause() {
    fill(this.#paused, session.account?.state === "suspended" && t("state.suspended"));
  }

  #tab(name, address, drawing) {
    return h(
      "a",
      { href: address, "data-tab": name },
      h(
        "span",
        { class: "tab-icon" },
        icon(drawing),
        name === "talks" && h("span", { class: "badge", hidden: true }),
      ),
      h("span", {}, t(`nav.${name}`)),
      name === "talks" && h("span", { class: "seen-by-readers-only unread" }),
    );
  }

  #mark() {
    for (const link of this.querySelectorAll("[data-tab]")) {
      if (link.dataset.tab === this.#route?.tab) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  #count() {
    const count = newInAll(session.inbox.conversations.list, Date.now());
    for (const link of this.querySelectorAll("[data-tab=talks]")) {
      const badge = link.querySelector(".badge");
      badge.hidden = count === 0;
      badge.textContent = count > 99 ? "99+" : String(count);
      badge.ariaHidden = "true";
      link.querySelector(".unread").textContent = count ? t("nav.unread", { count }) : "";
    }
  }

  // A short break is nobody's concern; a longer one is said, until it is over.
  #connection() {
    const { state } = session.client;
    const fine = !session.account || ["online", "idle"].includes(state);
    clearTimeout(this.#barDelay);
    if (fine) {
      this.#bar.classList.remove("on");
      fill(this.#bar);
      return;
    }
    this.#barDelay = setTimeout(() => {
      this.#bar.classList.add("on");
      if (state !== "stopped")
        fill(this.#bar, h("span", { class: "turning" }), t("connection.again"));
      else
        fill(
          this.#bar,
          t("connection.stopped"),
          h(
            "button",
            { class: "button plain", type: "button", onclick: () => location.reload() },
            t("connection.reload"),
          ),
        );
    }, 1_200);
  }
}

/** Where to go after login: only an address of ours, and none that is for guests alone. */
function nextAfterLogin(route) {
  const next = route.query.get("next");
  return next?.startsWith("/") && !next.startsWith("//") && routeOf(next).part ? next : null;
}

customElements.define("samtale-app", App);
