/** The API key: asked for once, kept until the tab closes, never shown. */

import { fill, h, icon } from "/dashboard/dom.js";

const STORED = "fame.key";

let held = null;
let asking = null;

/** The key that requests carry, or null. */
export function currentKey() {
  if (held) return held;
  try {
    held = sessionStorage.getItem(STORED);
  } catch {
    // Storage may be forbidden; the key then lives as long as the page.
  }
  return held;
}

function keep(key) {
  held = key;
  try {
    if (key === null) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, key);
  } catch {
    // Held in memory all the same.
  }
}

/** Forgets the key and starts the page anew, so that nothing that it showed stays behind. */
export function signOut() {
  keep(null);
  location.reload();
}

/**
 * Asks for a key until the server takes one. Several callers share one question.
 * @param {string|null} refused the key that was just refused, if one was
 * @returns {Promise<string>} a key that the server took
 */
export function askForKey(refused = null) {
  const now = currentKey();
  if (now && now !== refused) return Promise.resolve(now);
  keep(null);
  asking ??= ask(refused !== null).finally(() => {
    asking = null;
  });
  return asking;
}

function ask(again) {
  return new Promise((resolve) => {
    const problem = h("p", { class: "field-error", id: "key-problem", role: "alert" });
    if (again) problem.textContent = "The key is no longer accepted. Enter another one.";
    const input = h("input", {
      id: "key", type: "password", name: "key", required: true, autofocus: true,
      autocomplete: "off", spellcheck: "false", "aria-describedby": "key-help key-problem",
    });
    const button = h("button", { class: "button primary", type: "submit" }, "Open the dashboard");
    const form = h("form", { class: "stack" },
      h("div", { class: "key-mark" }, icon("key")),
      h("h2", { id: "key-title" }, "Enter your API key"),
      h("p", { class: "muted", id: "key-help" },
        "It belongs to FAME on this machine. It stays in this tab, and is forgotten when the tab closes."),
      h("label", { for: "key" }, "API key"), input, problem, button);
    const dialog = h("dialog", { class: "key-dialog", "aria-labelledby": "key-title" }, form);
    // Without a key there is nothing behind the dialog that Escape could lead to.
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => dialog.isConnected && dialog.showModal());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      fill(problem);
      const key = input.value.trim();
      const wrong = await refusal(key);
      button.disabled = false;
      if (wrong) {
        problem.textContent = wrong;
        input.select();
        input.focus();
        return;
      }
      keep(key);
      dialog.remove();
      resolve(key);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Why the server does not take this key; null if it does. */
async function refusal(key) {
  if (!/^[\x21-\x7e]{1,512}$/.test(key)) return "That is not a key: keys have letters, digits and signs, and no spaces.";
  try {
    const response = await fetch("/status", { headers: { Authorization: `Bearer ${key}` }, cache: "no-store" });
    if (response.status === 401) return "FAME does not know this key.";
    if (response.status === 429) return "Too many tries. Wait a little, then try again.";
    return null;
  } catch {
    return "FAME does not answer. Is it running?";
  }
}
