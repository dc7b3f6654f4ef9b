// The six ways to react (protocol/resources.py), in the order in which they are offered.

const SYMBOLS = {
  heart: "❤️",
  thumbs_up: "👍",
  laugh: "😂",
  surprise: "😮",
  sad: "😢",
  thanks: "🙏",
};

export const REACTIONS = Object.keys(SYMBOLS);

/** The drawing of a kind; one that is not known yet has none of its own. */
export const symbolOf = (kind) => SYMBOLS[kind] ?? "•";
