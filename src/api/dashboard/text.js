/** Text of people, plugins and programs, made fit to look at. Never markup, always text nodes. */

import { h } from "/dashboard/dom.js";

/** Longer texts are folded after so many characters. */
const FOLD_AT = 600;
/** And even unfolded are cut here: a page of text nodes larger than this is of no use to anybody. */
const CUT_AT = 200_000;

// Controls but for tab and line feed; the marks that turn the direction of what follows them;
// invisible separators and tags. Joiners and the plain direction marks stay: languages need them.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/**
 * A text in which characters that cannot be seen, or that reorder what is around them, are
 * written out as `⟨U+202E⟩`. Lone surrogates become the replacement character.
 */
export function visible(text) {
  return String(text ?? "")
    .toWellFormed()
    .replace(/\r\n/g, "\n")
    .replace(/[\u2028\u2029]/g, "\n")
    .replace(UNSEEN, (c) => `\u27e8U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}\u27e9`);
}

/** A short text from outside, kept from touching the direction of its surroundings. */
export function said(text, attributes = {}) {
  return h("bdi", { dir: "auto", ...attributes, class: `said ${attributes.class ?? ""}`.trim() }, visible(text));
}

/** A text of any length from outside: folded if longer than `foldAt`, with a button that unfolds it. */
export function saidLong(text, attributes = {}, foldAt = FOLD_AT) {
  const whole = visible(text);
  if (whole.length <= foldAt) return said(text, attributes);
  const characters = [...whole.slice(0, CUT_AT)];
  const body = said("", attributes);
  const button = h("button", { type: "button", class: "link", "aria-expanded": "false" });
  let open = false;
  const show = () => {
    body.textContent = open ? characters.join("") : `${characters.slice(0, foldAt).join("")}…`;
    button.textContent = open ? "Show less" : `Show all ${whole.length.toLocaleString("en")} characters`;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => {
    open = !open;
    show();
  });
  show();
  return h("span", { class: "folded" }, body, button);
}

/** A link if the address is one of the web; the bare title if it is anything else. */
export function sourceLink({ title, url }) {
  const address = webAddress(url);
  const name = title || url || "source";
  if (!address) return said(name);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, said(name));
}

function webAddress(url) {
  if (!url) return null;
  try {
    const parsed = new URL(url);
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A value of a slot or of JSON data, on one line. */
export function inline(value) {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}
