// Finds names as people type them.

/** Lower case, without accents, with every way to write æ, ø and å made one: Århus is Aarhus. */
export function folded(text) {
  return text
    .toLowerCase()
    .replace(/æ/g, "ae")
    .replace(/ø/g, "oe")
    .replace(/å/g, "aa")
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "");
}

/** The names that contain what was typed; those that begin with it come first. */
export function matching(items, typed, nameOf) {
  const wanted = folded(typed.trim());
  if (!wanted) return items;
  const place = (item) => folded(nameOf(item)).indexOf(wanted);
  return items
    .filter((item) => place(item) >= 0)
    .sort((a, b) => Math.sign(place(a)) - Math.sign(place(b)));
}
