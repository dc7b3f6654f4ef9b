// Finds addresses in what people write, so that they can be opened; nothing is ever fetched.

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/gi;
const ENDING = /[.,;:!?'»”)\]]+$/;

/** Splits a text into `{ text }` and `{ text, address }`; together the texts are the text again. */
export function partsOf(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!URL.canParse?.(address)) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, address });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

// A full stop after an address ends the sentence; a bracket that was opened in it belongs to it.
function trimmed(address) {
  const short = address.replace(ENDING, "");
  const opens = short.split("(").length - 1;
  const closes = short.split(")").length - 1;
  return opens > closes && address[short.length] === ")" ? `${short})` : short;
}
