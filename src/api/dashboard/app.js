/** Puts the page together. */

import { askForKey, signOut } from "/dashboard/key.js";
import { fill, h, icon } from "/dashboard/dom.js";
import { feed, onTopic } from "/dashboard/events.js";
import { heading } from "/dashboard/format.js";
import { live } from "/dashboard/live.js";
import { openDrawer } from "/dashboard/drawer.js";
import { startRouter } from "/dashboard/router.js";
import { themeButton } from "/dashboard/theme.js";
import { visible } from "/dashboard/text.js";
import { toast } from "/dashboard/ui.js";
import approvals from "/dashboard/pages/approvals.js";
import audit from "/dashboard/pages/audit.js";
import livePage from "/dashboard/pages/live.js";
import plugins from "/dashboard/pages/plugins.js";
import sandbox from "/dashboard/pages/sandbox.js";
import settings from "/dashboard/pages/settings.js";
import turns from "/dashboard/pages/turns.js";

const PAGES = { live: livePage, turns, approvals, plugins, sandbox, audit, settings };
/** Those beside which a narrow screen has no room behind "More". */
const ALWAYS_SHOWN = ["live", "turns", "approvals", "plugins"];

const badges = [];
let section = "live";

function navItem(name) {
  const count = name === "approvals" ? h("span", { class: "nav-count", hidden: true }) : null;
  if (count) badges.push(count);
  return h("a", { class: "nav-item", href: `#/${name}`, "data-page": name }, icon(name), h("span", {}, PAGES[name].title), count);
}

function buildShell() {
  const nav = document.getElementById("nav");
  for (const name of Object.keys(PAGES)) {
    const item = navItem(name);
    if (!ALWAYS_SHOWN.includes(name)) item.classList.add("wide-only");
    nav.append(item);
  }
  nav.append(h("button", { type: "button", class: "nav-item narrow-only", "aria-haspopup": "dialog", on: { click: openMore } },
    icon("more"), h("span", {}, "More")));
  const always = new AbortController().signal;
  fill(document.getElementById("side-foot"), themeButton(always), signOutButton(), connection(always));
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
}

/** Marks the link of the section that is shown, or the button that the link is behind. */
function markCurrent(list) {
  for (const item of list.querySelectorAll(".nav-item")) {
    const behind = item.classList.contains("narrow-only") && !ALWAYS_SHOWN.includes(section);
    item.classList.toggle("current", behind);
    if (item.dataset.page === section) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
}

function openMore() {
  const left = new AbortController();
  const list = h("div", { class: "sheet-list" },
    Object.keys(PAGES).filter((name) => !ALWAYS_SHOWN.includes(name)).map(navItem),
    themeButton(left.signal), signOutButton(), connection(left.signal));
  markCurrent(list);
  addEventListener("hashchange", () => left.abort(), { signal: left.signal });
  openDrawer("More", list, { kind: "sheet", signal: left.signal, closed: () => left.abort() });
}

function signOutButton() {
  return h("button", { type: "button", class: "nav-item quiet", on: { click: signOut } }, icon("key"), h("span", {}, "Forget the key"));
}

const CONNECTION = {
  connecting: ["Connecting…", "warn"],
  open: ["Connected", "ok"],
  waiting: ["Reconnecting…", "warn"],
  refused: ["No live events: the key lacks their scope", "bad"],
};

function connection(signal) {
  const line = h("p", { class: "connection" });
  const show = (state) => {
    const [text, tone] = CONNECTION[state];
    const version = live.status ? ` · FAME ${visible(live.status.version)}` : "";
    fill(line, h("span", { class: `dot ${tone}`, "aria-hidden": "true" }), h("span", {}, text + version));
  };
  feed.addEventListener("connection", ({ detail }) => show(detail.state), { signal });
  live.addEventListener("status", () => show(feed.state), { signal });
  show(feed.state);
  return line;
}

function followState() {
  const pill = document.getElementById("state");
  let shown = "";
  const show = () => {
    const state = feed.state === "open" || live.status ? live.status?.state ?? "" : "";
    // Set only when it changes: a screen reader says it each time.
    if (state === shown) return;
    shown = state;
    pill.dataset.state = state;
    fill(pill, h("span", { class: "orb", "aria-hidden": "true" }), h("span", {}, heading(state)));
  };
  live.addEventListener("status", show);
  live.addEventListener("approvals", () => {
    for (const badge of badges) {
      badge.hidden = live.waiting === 0;
      fill(badge, String(live.waiting), h("span", { class: "visually-hidden" }, " waiting"));
    }
  });
}

async function start() {
  buildShell();
  followState();
  await askForKey();
  live.follow();
  onTopic("approval.requested", ({ what }) => toast(`Waits for your word: ${what.slice(0, 200)}`), new AbortController().signal);
  feed.run();
  startRouter(PAGES, document.getElementById("main"), (name) => {
    section = name;
    markCurrent(document.getElementById("nav"));
  });
}

start();
