// Going into a talk from one's own pages.

import { keepEntered } from "../core/entered.js";
import { go } from "../core/router.js";
import { session } from "../core/session.js";
import { wordsOf } from "./states.js";
import { say } from "./toast.js";

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
