// The words of the page, in one language at a time.

export const LANGUAGES = ["da", "en"];
const KEPT_AS = "samtale.language";

let words = {};
let plural = new Intl.PluralRules("da");
let current = "da";

/** The language that was chosen last on this device; Danish first. */
export function keptLanguage() {
  const kept = localStorage.getItem(KEPT_AS);
  return LANGUAGES.includes(kept) ? kept : "da";
}

export function language() {
  return current;
}

/** Loads a language and keeps the choice on this device. */
export async function useLanguage(chosen) {
  ({ words } = await import(`../words/${chosen}.js`));
  current = chosen;
  plural = new Intl.PluralRules(chosen);
  document.documentElement.lang = chosen;
  localStorage.setItem(KEPT_AS, chosen);
}

/** The words of a key, with `{name}` filled from `values`; `count` chooses `key.one` or `key.other`. */
export function t(key, values = {}) {
  const chosen = "count" in values ? `${key}.${plural.select(values.count)}` : key;
  const text = words[chosen] ?? chosen;
  return text.replace(/{(\w+)}/g, (_, name) => String(values[name]));
}
