// Builds elements. Text only ever becomes text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = new URL("../images/icons.svg", import.meta.url).pathname;

/**
 * Makes an element. In `properties`, `on…` functions are listeners, true and false set and leave out
 * an attribute, null leaves it out; the rest are attributes. Children are nodes, texts, lists of
 * them, or null and false for nothing.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Replaces everything in `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** A drawing of images/icons.svg; words beside it say what it means. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${ICONS}#${name}`);
  svg.append(use);
  return svg;
}

/** The address of a file in images/. */
export function image(name) {
  return new URL(`../images/${name}`, import.meta.url).pathname;
}
