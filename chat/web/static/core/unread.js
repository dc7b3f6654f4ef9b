// What asks for attention. Pure.

/** Whether no notices come of a conversation at `now`. */
export const isMuted = ({ own }, now) => (own.muted_until ?? 0) > now;

/** How many things are new in a conversation: its unread messages, or that it was marked. */
export const newIn = ({ unread, own }) => unread || (own.marked_unread ? 1 : 0);

/** How many are new in all, but for what is muted. */
export function newInAll(conversations, now) {
  return conversations
    .filter((one) => !isMuted(one, now))
    .reduce((sum, one) => sum + newIn(one), 0);
}
