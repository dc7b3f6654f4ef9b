// The piece of a message that shows what was searched for. Pure.

const BEFORE = 28; // letters of what stands before the first word that was found
const LONGEST = 140;

/**
 * Splits a text into `{ text, found }`, cut around the first of `highlights`, which are [start,
 * length] in Unicode code points, in rising order.
 */
export function snippetOf(text, highlights) {
  const letters = [...text];
  const first = highlights[0]?.[0] ?? 0;
  const from = first > BEFORE * 1.5 ? wordAt(letters, first - BEFORE) : 0;
  const to = Math.min(letters.length, from + LONGEST);
  const parts = [];
  const put = (start, end, found) => {
    const piece = letters.slice(Math.max(start, from), Math.min(end, to)).join("");
    if (piece) parts.push({ text: piece, found });
  };
  let end = from;
  if (from > 0) parts.push({ text: "… ", found: false });
  for (const [start, length] of highlights) {
    put(end, start, false);
    put(start, start + length, true);
    end = Math.max(end, start + length);
  }
  put(end, letters.length, false);
  if (to < letters.length) parts.push({ text: " …", found: false });
  return parts;
}

// The beginning of the word that stands there.
function wordAt(letters, at) {
  const space = letters.slice(0, at).findLastIndex((letter) => /\s/.test(letter));
  return space + 1;
}
