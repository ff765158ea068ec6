/** Builds nodes. Nothing in the dashboard parses markup: data only ever becomes text nodes. */

const SVG = "http://www.w3.org/2000/svg";

/** Lines of 24 x 24 icons, drawn with the text's colour. */
const ICONS = {
  live: ["M4 10v4", "M8 7v10", "M12 4v16", "M16 8v8", "M20 10.5v3"],
  turns: ["M4 6h16", "M4 12h11", "M4 18h7"],
  approvals: ["M12 3l7 3v5.5c0 4.4-2.9 7.7-7 9.5-4.1-1.8-7-5.1-7-9.5V6z", "M9 12l2.2 2.2L15.2 10"],
  plugins: ["M4 4h6.5v6.5H4z", "M13.5 4H20v6.5h-6.5z", "M4 13.5h6.5V20H4z", "M16.75 13.5v6.5", "M13.5 16.75H20"],
  sandbox: ["M12 3l8 4.5v9L12 21l-8-4.5v-9z", "M4 7.5l8 4.5 8-4.5", "M12 12v9"],
  audit: ["M6 3h9l4 4v14H6z", "M15 3v4h4", "M9.5 12h6", "M9.5 16h6"],
  settings: ["M4 7h9", "M17 7h3", "M15 5v4", "M4 17h3", "M11 17h9", "M9 15v4"],
  more: ["M5 12h.01", "M12 12h.01", "M19 12h.01"],
  sun: ["M12 8a4 4 0 100 8 4 4 0 000-8", "M12 2.5v2", "M12 19.5v2", "M2.5 12h2", "M19.5 12h2", "M5.3 5.3l1.4 1.4", "M17.3 17.3l1.4 1.4", "M5.3 18.7l1.4-1.4", "M17.3 6.7l1.4-1.4"],
  moon: ["M20 14.5A8.5 8.5 0 119.5 4a7 7 0 0010.5 10.5z"],
  contrast: ["M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17z", "M12 3.5v17", "M12 8l5-1.5", "M12 12h8", "M12 16l5 1.5"],
  key: ["M8 11a4 4 0 100 8 4 4 0 000-8z", "M11 12.5L20 3.5", "M16 7.5l3 3"],
  send: ["M5 12h13", "M12.5 6l6 6-6 6"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  alert: ["M12 4l9 16H3z", "M12 10v4.5", "M12 17.3v.01"],
  refresh: ["M20 12a8 8 0 11-2.5-5.8", "M20 4v4.5h-4.5"],
  chevron: ["M9 6l6 6-6 6"],
  mic: ["M12 4a2.5 2.5 0 00-2.5 2.5v5a2.5 2.5 0 005 0v-5A2.5 2.5 0 0012 4z", "M6.5 11.5a5.5 5.5 0 0011 0", "M12 17v3"],
};

/**
 * An element.
 * @param {string} name the tag
 * @param {Object<string, *>} [attributes] attributes; `on` holds listeners by event, a property
 *   whose value is null, undefined or false is left out, and true is the empty attribute.
 *   There is no `style`: the page's policy forbids it, use `element.style` instead.
 * @param {...(Node|string|number|null|undefined|false|Array)} children text unless it is a node
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else {
      element.setAttribute(key, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Puts `children` in place of what is in `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** One of the dashboard's icons; says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  for (const line of ICONS[name] ?? []) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}
