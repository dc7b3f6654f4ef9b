// Which view an address shows. Addresses are real ones: they can be kept, shared and gone back to.

const ROUTES = [
  ["/", "samtale-welcome"],
  ["/signup", "samtale-signup"],
  ["/signup/mail", "samtale-check-mail"],
  ["/confirm", "samtale-confirm"],
  ["/consent", "samtale-consent"],
  ["/login", "samtale-login"],
  ["/forgot", "samtale-forgot"],
  ["/reset", "samtale-reset"],
  ["/bubbles", "samtale-bubbles", { account: true, tab: "bubbles" }],
  ["/bubbles/new", "samtale-bubble-form", { account: true, tab: "new" }],
  ["/bubbles/:id", "samtale-bubble", { account: true, tab: "bubbles" }],
  ["/bubbles/:id/edit", "samtale-bubble-form", { account: true, tab: "bubbles" }],
  ["/inbox", "samtale-talks", { account: true, tab: "talks" }],
  ["/inbox/archive", "samtale-talks", { account: true, tab: "talks" }],
  ["/conversations/:id", "samtale-talks", { account: true, tab: "talks" }],
  ["/conversations/:id/call", "samtale-call", { account: true }],
  ["/samtale/:token", "samtale-link"],
  ["/talks", "samtale-snak", { tab: "snak", part: "snaksammen" }],
  ["/talks/book", "samtale-book", { tab: "snak", part: "snaksammen" }],
  ["/talks/now", "samtale-line", { tab: "snak", part: "snaksammen" }],
  ["/talks/duty", "samtale-duty", { account: true, tab: "snak", part: "snaksammen" }],
  ["/talks/coordinator", "samtale-coordinator", { account: true, tab: "snak", part: "snaksammen" }],
  ["/branch", "samtale-invitation", { account: true, tab: "snak", part: "snaksammen" }],
  ["/settings", "samtale-settings", { account: true, tab: "me" }],
];

const compiled = ROUTES.map(([path, view, options = {}]) => ({
  pattern: new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}/?$`),
  view,
  account: false,
  tab: null,
  part: options.account ? "members" : null,
  ...options,
}));

/**
 * What an address shows: `{ view, account, tab, part, path, params, query, fragment }`. A view that is
 * not there from the start comes with its part of the page.
 */
export function routeOf(address) {
  const { pathname, searchParams, hash } = new URL(address, "http://page");
  const found = compiled.find(({ pattern }) => pattern.test(pathname));
  const { view, account, tab, part, pattern } = found ?? {
    view: "samtale-not-found",
    account: false,
    tab: null,
    part: null,
  };
  return {
    view,
    account,
    tab,
    part,
    path: pathname,
    params: { ...(pattern ? pathname.match(pattern).groups : {}) },
    query: searchParams,
    fragment: new URLSearchParams(hash.slice(1)),
  };
}

let show = () => {};

/** Goes to an address of this site. */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"]({ scroll: 0 }, "", address);
  show(routeOf(location.href), { back: false });
}

/** Shows what the address says, now and after every click on a link and every step back. */
export function startRouter(showRoute) {
  show = showRoute;
  history.scrollRestoration = "manual";
  addEventListener("popstate", (event) => {
    showRoute(routeOf(location.href), { back: true, scroll: event.state?.scroll ?? 0 });
  });
  addEventListener("scroll", rememberScroll, { passive: true });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const ordinary =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !ordinary || event.defaultPrevented || !isOurs(link)) return;
    event.preventDefault();
    if (link.href !== location.href) go(link.href);
  });
  showRoute(routeOf(location.href), { back: false });
}

function isOurs(link) {
  const route = routeOf(link.href);
  const plain =
    !link.target && !link.hasAttribute("download") && !link.getAttribute("href").startsWith("#");
  return plain && link.origin === location.origin && route.view !== "samtale-not-found";
}

let remembering = 0;

function rememberScroll() {
  clearTimeout(remembering);
  remembering = setTimeout(
    () => history.replaceState({ ...history.state, scroll: scrollY }, ""),
    100,
  );
}
