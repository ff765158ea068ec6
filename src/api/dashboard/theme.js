/** The theme: as the system has it, light, or dark. */

import { h, icon } from "/dashboard/dom.js";

const KEY = "fame.theme";
const ORDER = ["auto", "light", "dark"];
const LABELS = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" };
const ICONS = { auto: "contrast", light: "sun", dark: "moon" };

/** Dispatches `change` after the colours have changed; what is drawn on a canvas has to redraw. */
export const themeChanges = new EventTarget();

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);

/** @returns {"auto"|"light"|"dark"} what the user chose */
export function theme() {
  return document.documentElement.dataset.theme ?? "auto";
}

function choose(next) {
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Not kept then, but chosen for now.
  }
  announce();
}

function announce() {
  themeChanges.dispatchEvent(new Event("change"));
}

/** A button that goes round the three choices; it follows them until `signal` is aborted. */
export function themeButton(signal) {
  const button = h("button", { class: "nav-item quiet", type: "button" });
  const show = () => button.replaceChildren(icon(ICONS[theme()]), h("span", {}, LABELS[theme()]));
  button.addEventListener("click", () => choose(ORDER[(ORDER.indexOf(theme()) + 1) % ORDER.length]));
  themeChanges.addEventListener("change", show, { signal });
  show();
  return button;
}

/** The computed value of a colour token, for a canvas. */
export function colour(token) {
  const probe = h("span", { hidden: true });
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
