// Which conversations are on screen, so that one hears who is here in those, and in no others.

import { session } from "./session.js";

const MOST = 20;
const shown = new Map(); // what shows them -> ids

/** `what` shows these conversations now; an empty list when it is gone. */
export function onScreen(what, ids) {
  if (ids.length) shown.set(what, ids);
  else shown.delete(what);
  tell();
}

let told = "[]";

// Nobody who hides hears of others: there is nothing to ask for.
function tell() {
  const all = session.account?.presence ? [...new Set([...shown.values()].flat())] : [];
  const ids = all.slice(0, MOST);
  if (JSON.stringify(ids) === told) return;
  told = JSON.stringify(ids);
  session.client.watchPresence(ids);
}

session.onChange(tell);
