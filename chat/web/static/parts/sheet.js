// A short list of things to do: beside what it is about, or on a phone at the foot of the screen.

import { h, icon } from "../core/dom.js";

const NARROW = "(max-width: 40rem)";
const EDGE = 8; // what stays free of it, in pixels

/** One thing to do. `tone` is alarm for what cannot be undone. */
export function sheetItem({ drawing, words, action, tone = "" }) {
  return h(
    "button",
    { class: `sheet-item ${tone}`, type: "button", onclick: action },
    icon(drawing),
    h("span", {}, words),
  );
}

/**
 * Opens it. `at` is an element, or a point { x, y } of the window; whatever is chosen closes it before
 * its action runs. Closed without a choice, the focus goes back to where it was.
 */
export function openSheet({ label, at, content }) {
  const dialog = h("dialog", { class: "sheet", "aria-label": label }, content);
  // The finger whose long press opened it is still down: only a press that begins here closes it.
  let pressed = false;
  dialog.addEventListener("pointerdown", (event) => (pressed = event.target === dialog));
  const chosen = (event) => {
    if (event.target === dialog ? pressed : event.target.closest("button")) dialog.close();
  };
  dialog.addEventListener("click", chosen, { capture: true });
  dialog.addEventListener("contextmenu", (event) => event.preventDefault());
  dialog.addEventListener("keydown", (event) => step(dialog, event));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  if (!matchMedia(NARROW).matches) place(dialog, at);
  return dialog;
}

function step(dialog, event) {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const buttons = [...dialog.querySelectorAll("button")];
  const now = buttons.indexOf(document.activeElement);
  buttons[(now + by + buttons.length) % buttons.length].focus();
}

// Under its element, above it where there is no room, always inside the window.
function place(dialog, at) {
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  const { offsetWidth, offsetHeight } = dialog;
  const edges = { top: at.y, bottom: at.y, left: at.x, right: at.x };
  const { top, bottom, left, right } = at.getBoundingClientRect?.() ?? edges;
  const under = bottom + 4;
  const y = under + offsetHeight + EDGE <= height ? under : top - offsetHeight - 4;
  const x = left < width / 2 ? left : right - offsetWidth;
  dialog.style.top = `${Math.max(EDGE, Math.min(y, height - offsetHeight - EDGE))}px`;
  dialog.style.left = `${Math.max(EDGE, Math.min(x, width - offsetWidth - EDGE))}px`;
}
