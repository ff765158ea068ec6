/** The pieces that sections are made of. */

import { ApiError } from "/dashboard/api.js";
import { fill, h, icon } from "/dashboard/dom.js";
import { when, whenFull } from "/dashboard/format.js";
import { said, visible } from "/dashboard/text.js";

const TOAST_MS = 6000;
/** More than these are not read anyway; the oldest goes. */
const MAX_TOASTS = 3;

/** A small word on a coloured ground. @param {"plain"|"accent"|"ok"|"warn"|"bad"} tone */
export function badge(text, tone = "plain") {
  return h("span", { class: `badge ${tone}` }, visible(text));
}

/** A name of the code's: an intent, a plugin, an id. */
export function code(text) {
  return said(text, { class: "code" });
}

/** A time, short, with the whole date behind it. */
export function time(at) {
  return h("time", { datetime: at, title: whenFull(at), class: "time" }, when(at));
}

/** A button. While what `on` returns is pending, it does nothing more, but keeps the focus. */
export function button(text, { kind = "", iconName = null, on, ...attributes } = {}) {
  const element = h("button", { type: "button", class: `button ${kind}`.trim(), ...attributes }, iconName && icon(iconName), h("span", {}, text));
  if (on) {
    element.addEventListener("click", async () => {
      if (element.getAttribute("aria-disabled") === "true") return;
      element.setAttribute("aria-disabled", "true");
      try {
        await on();
      } finally {
        element.removeAttribute("aria-disabled");
      }
    });
  }
  return element;
}

/** Labels and values. @param {[string, *][]} rows those whose value is null are left out */
export function facts(rows, className = "facts") {
  return h("dl", { class: className },
    rows.filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
}

/** What is shown where there is nothing to show. */
export function empty(iconName, title, text) {
  return h("div", { class: "empty" }, h("div", { class: "empty-mark" }, icon(iconName)), h("h2", {}, title), h("p", {}, text));
}

/** Grey shapes while the first answer is on its way. */
export function loading(rows = 3) {
  return h("div", { class: "loading", role: "status" }, h("span", { class: "visually-hidden" }, "Loading…"),
    Array.from({ length: rows }, () => h("div", { class: "skeleton", "aria-hidden": "true" })));
}

/** What went wrong, and a way to try again. */
export function failed(error, again = null) {
  const known = error instanceof ApiError ? error : new ApiError({ title: "The page has a fault", detail: String(error), hint: "Reload it." });
  return h("div", { class: "notice bad", role: "alert" }, icon("alert"),
    h("div", { class: "notice-text" }, h("strong", {}, title(known)), known.detail && h("p", {}, said(known.detail)),
      known.hint && h("p", { class: "muted" }, said(known.hint)),
      again && h("div", {}, button("Try again", { iconName: "refresh", on: again }))));
}

/** A problem in one sentence, for a toast. */
export function inWords(error) {
  if (!(error instanceof ApiError)) return String(error);
  return [title(error), error.detail, error.hint].filter(Boolean).map((part) => part.replace(/[.\s]+$/, "")).join(". ") + ".";
}

function title(error) {
  if (error.code === "scope") return "This key lacks a scope";
  if (error.status === 429 && error.retryAfter) return `Too many requests; wait ${Math.ceil(error.retryAfter)} s`;
  return visible(error.title);
}

/** Whether an error is only the section being left. */
export function isAbort(error) {
  return error?.name === "AbortError";
}

/** Says something at the edge of the screen, for a while. @param {"ok"|"bad"|"plain"} tone */
export function toast(text, tone = "plain") {
  const list = document.getElementById("toasts");
  const item = h("div", { class: `toast ${tone}` }, icon(tone === "bad" ? "alert" : "check"), said(text));
  while (list.childElementCount >= MAX_TOASTS) list.firstElementChild.remove();
  list.append(item);
  const leave = setTimeout(() => item.remove(), TOAST_MS);
  item.addEventListener("click", () => {
    clearTimeout(leave);
    item.remove();
  });
}

/**
 * Loads into an element: grey shapes, then what `show` makes of the answer, or the problem with a
 * way to try again. @returns {function(): Promise<void>} loads anew, keeping what is shown meanwhile
 */
export function loader(element, fetchData, show, signal) {
  let run = 0;
  let shown = false;
  const load = async () => {
    run += 1;
    const mine = run;
    if (!shown) fill(element, loading());
    element.setAttribute("aria-busy", "true");
    try {
      const data = await fetchData(signal);
      if (mine !== run || signal.aborted) return;
      shown = true;
      show(data);
    } catch (error) {
      if (mine !== run || signal.aborted || isAbort(error)) return;
      shown = false;
      fill(element, failed(error, load));
    } finally {
      if (mine === run) element.removeAttribute("aria-busy");
    }
  };
  return load;
}

/** Does `work`, which builds `element` anew; what had the focus, by its `data-focus`, has it again. */
export function keepingFocus(element, work) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  work();
  if (focused !== undefined) element.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

/** Calls `work` once for all calls within `milliseconds`. */
export function gathered(work, milliseconds, signal) {
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return () => {
    if (timer || signal.aborted) return;
    timer = setTimeout(() => {
      timer = 0;
      work();
    }, milliseconds);
  };
}
