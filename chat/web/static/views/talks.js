// The conversations: the list, and beside it (or on a phone instead of it) the one that is open.

import { fill, h } from "../core/dom.js";
import { language, t } from "../core/i18n.js";
import { onScreen } from "../core/on-screen.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { empty, problem, waiting, wordsOf } from "../parts/states.js";
import "../parts/talk.js";
import { talkRow } from "../parts/talk-row.js";
import "../parts/talk-search.js";

class Talks extends HTMLElement {
  #head = h("div", { class: "talks-head" });
  #folders = h("nav", { class: "talk-folders" });
  #search = document.createElement("samtale-talk-search");
  #list = h("div", { class: "talk-list" });
  #pane = h("section", { class: "talk-pane" });
  #talk = null; // the conversation that is open
  #folder = "inbox"; // or archive
  #end = () => {};
  #due = false;

  connectedCallback() {
    this.#folders.setAttribute("aria-label", t("talks.folders"));
    const side = [this.#head, this.#search, this.#folders, this.#list, this.#search.results];
    this.append(h("section", { class: "talks-side" }, side), this.#pane);
    this.#end = session.onInbox(() => this.#soon());
    this.#search.changed = () => this.#render();
    this.#search.widened = () => go(`/conversations/${this.route.params.id}`, { replace: true });
    this.#list.addEventListener(
      "click",
      (event) => event.target.closest("[data-more]") && this.#more(),
    );
    this.take(this.route);
    if (!session.inbox.loaded) session.inbox.load();
  }

  disconnectedCallback() {
    this.#end();
    onScreen(this, []);
  }

  /** Shows another conversation, or none, in the same frame. */
  take(route) {
    const { id = null } = route.params;
    const at = Number(route.query.get("at")) || null;
    this.route = route;
    if (!id) this.#folder = route.path.startsWith("/inbox/archive") ? "archive" : "inbox";
    fill(this.#head, h(id ? "h2" : "h1", {}, t("talks.title")));
    const isSearched = Boolean(id) && route.query.has("search");
    this.classList.toggle("open", Boolean(id) && !isSearched);
    if (id && this.#talk?.talk === id) {
      if (at) this.#talk.jump(at);
      this.ready = Promise.resolve();
    } else this.#open(id, at);
    this.#render();
    this.#narrow(isSearched ? id : null);
    return true;
  }

  async #narrow(id) {
    await this.ready;
    if (this.route.query.has("search") !== Boolean(id)) return; // one has gone on meanwhile
    this.#search.narrow(id, id && session.inbox.conversations.other(id)?.alias);
  }

  #open(id, at) {
    this.#talk = id && Object.assign(document.createElement("samtale-talk"), { talk: id, at });
    fill(
      this.#pane,
      this.#talk ??
        empty({ symbol: "💬", title: t("talks.choose"), text: t("talks.choose.text") }),
    );
    this.ready = this.#talk?.ready ?? Promise.resolve();
  }

  #soon() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (this.isConnected) this.#render();
    });
  }

  #render() {
    const { inbox } = session;
    const { list } = inbox.conversations;
    const isSearching = this.#search.isSearching;
    const archived = list.filter(({ own }) => own.archived);
    const shown = this.#folder === "archive" ? archived : list.filter((one) => !one.own.archived);
    this.#list.hidden = isSearching;
    this.#search.results.hidden = !isSearching;
    this.#search.hidden = inbox.loaded && !list.length;
    this.#folders.hidden = isSearching || (!archived.length && this.#folder === "inbox");
    this.#showFolders();
    if (inbox.error && !inbox.loaded)
      fill(
        this.#list,
        problem(inbox.error, () => inbox.load()),
      );
    else if (!inbox.loaded) fill(this.#list, waiting());
    else if (!shown.length && !inbox.next) fill(this.#list, this.#none());
    else this.#rows(shown, inbox.next);
  }

  #showFolders() {
    const folder = (name, address) =>
      h(
        "a",
        { href: address, "aria-current": this.#folder === name ? "page" : null },
        t(`talks.${name}`),
      );
    const shown = `${this.#folder} ${language()}`;
    if (this.#folders.dataset.shown === shown) return;
    this.#folders.dataset.shown = shown;
    fill(this.#folders, folder("inbox", "/inbox"), folder("archive", "/inbox/archive"));
  }

  #none() {
    if (this.#folder === "archive")
      return empty({
        symbol: "🗂️",
        title: t("talks.archive.none"),
        text: t("talks.archive.none.text"),
      });
    const action = h("a", { class: "button", href: "/bubbles" }, t("talks.none.do"));
    return empty({ symbol: "🫧", title: t("talks.none"), text: t("talks.none.text"), action });
  }

  // The rows are few and change seldom; the one that has the focus keeps it.
  #rows(list, next) {
    const focused = this.#list.contains(document.activeElement) && sameAs(document.activeElement);
    const current = this.route.params.id;
    const away = (id) => () => this.route.params.id === id && go("/inbox", { replace: true });
    fill(
      this.#list,
      h(
        "ul",
        {},
        list.map((one) => talkRow(one, { current: one.id === current, away: away(one.id) })),
      ),
      next && h("button", { class: "button second", type: "button", "data-more": true }, t("more")),
    );
    if (focused) this.#list.querySelector(focused)?.focus({ preventScroll: true });
    onScreen(
      this,
      list.slice(0, 12).map(({ id }) => id),
    );
  }

  async #more() {
    try {
      await session.inbox.loadMore();
    } catch (error) {
      this.#list.append(h("p", { class: "note alarm", role: "alert" }, wordsOf(error)));
    }
  }
}

/** A selector that finds an element of a row again. */
function sameAs(element) {
  const { menu } = element.dataset;
  if (menu) return `[data-menu="${menu}"]`;
  const href = element.getAttribute("href");
  return href ? `[href="${CSS.escape(href)}"]` : null;
}

customElements.define("samtale-talks", Talks);
