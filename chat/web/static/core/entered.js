// What opens the talks that one has entered: a session for each, kept in this tab alone, so that one's
// account and what one is in a talk stay apart.

const kept = (talk) => `samtale.entered.${talk}`;

/** Keeps what opens a talk: a bearer token, and until when it does (UTC milliseconds). */
export function keepEntered(talk, token, until) {
  sessionStorage.setItem(kept(talk), JSON.stringify({ token, until }));
}

/** The bearer token that opens a talk, or null if one has not entered it in this tab. */
export function enteredAs(talk) {
  const { token, until } = JSON.parse(sessionStorage.getItem(kept(talk)) ?? "{}");
  return until > Date.now() ? token : null;
}
