/** A sheet at the side of the page; the browser keeps the focus in it and closes it on Escape. */

import { h, icon } from "/dashboard/dom.js";

/**
 * @param {string} title
 * @param {HTMLElement} body
 * @param {{closed?: function(): void, signal?: AbortSignal, kind?: string}} options `closed` is called once, however it closes
 * @returns {function(): void} closes it
 */
export function openDrawer(title, body, { closed, signal, kind = "" } = {}) {
  const back = document.activeElement;
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close" }, icon("close"));
  const dialog = h("dialog", { class: `drawer ${kind}`.trim(), "aria-label": title },
    h("div", { class: "drawer-head" }, h("h2", {}, title), close), h("div", { class: "drawer-body" }, body));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (back?.isConnected) back.focus({ preventScroll: true });
    closed?.();
  }, { once: true });
  signal?.addEventListener("abort", () => dialog.close(), { once: true });
  document.body.append(dialog);
  dialog.showModal();
  return () => dialog.close();
}
