// Forms that say kindly what is wrong, where it is wrong.

import { fill, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { wordsOf } from "./states.js";

/**
 * A labelled field. `control` is what is filled in, named like the field of the request; errors of
 * that name are shown under it.
 */
export function field({ name, label, hint = null, control, after = null }) {
  const input = control.input ?? control;
  input.id = `field-${name}`;
  input.name = name;
  input.setAttribute(
    "aria-describedby",
    [hint && `hint-${name}`, `error-${name}`].filter(Boolean).join(" "),
  );
  return h(
    "div",
    { class: "field", "data-field": name },
    h("label", { for: input.id }, label),
    hint && h("p", { class: "hint", id: `hint-${name}` }, hint),
    control,
    errorPlace(name),
    after,
  );
}

/** A field of several controls, under one legend. */
export function group({ name, legend, hint = null, controls }) {
  return h(
    "fieldset",
    { class: "field", "data-field": name, "aria-describedby": `error-${name}` },
    h("legend", {}, legend),
    hint && h("p", { class: "hint" }, hint),
    controls,
    errorPlace(name),
  );
}

function errorPlace(name) {
  return h("p", { class: "error", id: `error-${name}`, "aria-live": "polite" });
}

/** A password that one may look at while typing it. */
export function passwordField({ name, label, hint = null, autocomplete }) {
  const control = h("input", {
    type: "password",
    autocomplete,
    required: true,
    maxlength: 256,
    spellcheck: "false",
    autocapitalize: "none",
  });
  const look = h(
    "button",
    { class: "button plain", type: "button", "aria-pressed": "false" },
    t("password.show"),
  );
  look.addEventListener("click", () => {
    const shown = control.type === "password";
    control.type = shown ? "text" : "password";
    look.setAttribute("aria-pressed", String(shown));
    look.textContent = t(shown ? "password.hide" : "password.show");
  });
  const built = field({ name, label, hint, control });
  control.before(h("div", { class: "with-button" }));
  control.previousSibling.append(control, look);
  return built;
}

/**
 * A form. `submit(values)` does the work and may throw a SamtaleError; meanwhile the button is busy.
 * `action` is the button's words.
 */
export function form({ fields, action, submit, beside = null, check = () => ({}) }) {
  const button = h("button", { class: "button", type: "submit" }, action);
  const top = h("div", { class: "form-error" });
  const element = h(
    "form",
    { class: "form", novalidate: true },
    top,
    fields,
    h("div", { class: "row-of-buttons" }, button, beside),
  );
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true") return;
    clearErrors(element);
    const values = Object.fromEntries(new FormData(element));
    const wrong = { ...missing(element), ...check(values) };
    if (Object.keys(wrong).length) {
      showErrors(element, wrong);
      return;
    }
    button.setAttribute("aria-busy", "true");
    try {
      await submit(values, element);
    } catch (error) {
      showError(element, error);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  return element;
}

/** Shows an error at its field, or above the form when it has none here. */
export function showError(element, error) {
  const words = wordsOf(error);
  if (error.field && element.querySelector(`[data-field="${error.field}"]`)) {
    showErrors(element, { [error.field]: words });
    return;
  }
  const top = element.querySelector(".form-error");
  fill(top, h("p", { class: "note alarm", role: "alert" }, icon("alert"), h("span", {}, words)));
  top.scrollIntoView({ block: "nearest" });
}

/** Shows several errors, each at its field, and goes to the first. */
export function showErrors(element, wrong) {
  for (const [name, words] of Object.entries(wrong)) {
    const place = element.querySelector(`[data-field="${name}"]`);
    fill(place.querySelector(".error"), icon("alert"), h("span", {}, words));
    for (const control of place.querySelectorAll("input, textarea, select"))
      control.setAttribute("aria-invalid", "true");
  }
  element.querySelector("[aria-invalid=true]")?.focus();
}

export function clearErrors(element) {
  fill(element.querySelector(".form-error"));
  for (const place of element.querySelectorAll(".error")) fill(place);
  for (const control of element.querySelectorAll("[aria-invalid]"))
    control.removeAttribute("aria-invalid");
}

function missing(element) {
  const wrong = {};
  for (const control of element.querySelectorAll("[required]")) {
    if (!control.value.trim())
      wrong[control.closest("[data-field]").dataset.field] = t("form.missing");
  }
  return wrong;
}
