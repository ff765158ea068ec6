/** Approvals: what waits for the user's word, what exactly it would do, and until when. */

import { request, serverNow } from "/dashboard/api.js";
import { fill, h } from "/dashboard/dom.js";
import { onTopic } from "/dashboard/events.js";
import { span } from "/dashboard/format.js";
import { live } from "/dashboard/live.js";
import { inline, said, saidLong } from "/dashboard/text.js";
import { badge, button, code, empty, facts, gathered, inWords, loader, time, toast } from "/dashboard/ui.js";

const TICK_MS = 500;
/** From here on the countdown warns. */
const SOON_S = 15;

const RISKS = {
  read: ["reads", "plain"],
  write: ["changes something", "warn"],
  destructive: ["destroys something", "bad"],
  admin: ["administers the machine", "bad"],
};

function mount(body, signal) {
  const list = h("div", { class: "approval-list" });
  body.append(list);
  const cards = new Map();
  const load = loader(list, () => request("/approvals", { signal }), ({ approvals }) => {
    live.setWaiting(approvals.length);
    if (approvals.length === 0) {
      cards.clear();
      fill(list, empty("approvals", "Nothing waits for you", "When FAME wants to do something that needs your word, it asks here, and says what exactly it would do."));
      return;
    }
    const fresh = approvals.map((approval) => cards.get(approval.id) ?? card(approval, load));
    cards.clear();
    approvals.forEach((approval, at) => cards.set(approval.id, fresh[at]));
    // Cards that stay are not touched: the focus may be in one.
    const nodes = new Set(fresh.map(({ node }) => node));
    for (const child of [...list.children]) if (!nodes.has(child)) child.remove();
    fresh.forEach(({ node }, at) => list.children[at] === node || list.insertBefore(node, list.children[at] ?? null));
  }, signal);
  const soon = gathered(load, 150, signal);
  onTopic("approval.requested", soon, signal);
  onTopic("approval.answered", soon, signal);
  const tick = setInterval(() => {
    for (const one of cards.values()) if (one.tick()) soon();
  }, TICK_MS);
  signal.addEventListener("abort", () => clearInterval(tick), { once: true });
  load();
}

/** @returns {{node: HTMLElement, tick: function(): boolean}} `tick` says once that the time is over */
function card(approval, answered) {
  const [risk, tone] = RISKS[approval.risk] ?? [approval.risk, "warn"];
  const grave = tone === "bad";
  const bar = h("div", { class: "countdown-bar" });
  const left = h("span", { class: "countdown-text" });
  const title = `approval-${approval.id}`;
  let answering = false;
  const answer = (yes) => async () => {
    if (answering) return;
    answering = true;
    try {
      const { reply } = await request(`/approvals/${encodeURIComponent(approval.id)}`, { method: "POST", body: { yes } });
      toast(reply || (yes ? "Done." : "Not done."), "ok");
    } catch (error) {
      toast(inWords(error), "bad");
      answering = false;
    }
    await answered();
    // The button that had the focus is gone with its card.
    if (document.activeElement === document.body) document.querySelector("h1")?.focus();
  };
  const no = button("No", { on: answer(false), "aria-describedby": title });
  const yes = button("Yes, do it", { kind: grave ? "danger" : "primary", on: answer(true), "aria-describedby": title });
  const slots = Object.entries(approval.slots ?? {});
  const node = h("article", { class: `card approval ${grave ? "grave" : ""}`, "aria-labelledby": title },
    h("div", { class: "approval-badges" }, badge(risk, tone),
      approval.reversible ? badge("can be taken back", "ok") : badge("cannot be taken back", "bad")),
    h("h2", { id: title }, saidLong(approval.what)),
    slots.length > 0 && h("div", { class: "well" }, h("h3", {}, "With exactly these values"),
      facts(slots.map(([name, value]) => [said(name), saidLong(inline(value))]), "facts values")),
    facts([
      ["You said", saidLong(approval.text)],
      ["Intent", h("span", {}, code(approval.intent), " of ", said(approval.plugin))],
      ["Came in by", said(approval.source)],
      ["Asked", time(approval.asked)],
    ]),
    h("div", { class: "approval-foot" },
      h("div", { class: "countdown" }, left, h("div", { class: "countdown-track", "aria-hidden": "true" }, bar)),
      h("div", { class: "actions" }, no, yes)));
  const ends = Date.parse(approval.expires);
  const length = Math.max(1, ends - Date.parse(approval.asked));
  let over = false;
  const tick = () => {
    const rest = ends - serverNow();
    if (Number.isNaN(rest)) return false;
    bar.style.transform = `scaleX(${Math.max(0, Math.min(1, rest / length))})`;
    node.classList.toggle("soon", rest < SOON_S * 1000);
    left.textContent = rest > 0 ? `${span(rest / 1000)} left` : "Too late: it is not done";
    if (rest > 0 || over) return false;
    over = true;
    no.disabled = true;
    yes.disabled = true;
    return true;
  };
  tick();
  return { node, tick };
}

export default { title: "Approvals", mount };
