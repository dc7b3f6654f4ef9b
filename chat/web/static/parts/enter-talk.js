// Going into a talk. What opens it is a session for that one talk, kept in this tab alone, so that
// one's account and what one is in the talk stay apart.

import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { wordsOf } from "./states.js";
import { say } from "./toast.js";

const kept = (talk) => `samtale.entered.${talk}`;

/** Asks to enter, by `talk.join`, `talk.attend` or `offer.take`, and goes there. */
export async function enterTalk(operation, data) {
  try {
    goInto(await session.client.call(operation, data));
  } catch (error) {
    say(wordsOf(error), "alarm");
  }
}

/** Goes into a talk that one has been let into; its page stands at `/samtale/<talk>`. */
export function goInto({ session: token, expires_at: until, talk }) {
  keepEntered(talk.id, token, until);
  go(`/samtale/${talk.id}`);
}

/** Keeps what opens a talk. */
export function keepEntered(talk, token, until) {
  sessionStorage.setItem(kept(talk), JSON.stringify({ token, until }));
}

/** What opens a talk, if one has entered it in this tab: a bearer token, or null. */
export function enteredAs(talk) {
  const { token, until } = JSON.parse(sessionStorage.getItem(kept(talk)) ?? "{}");
  return until > Date.now() ? token : null;
}
