/** Live: what FAME is doing, what is being said, and a line to write to it. */

import { ApiError, request, withQuery } from "/dashboard/api.js";
import { fill, h, icon } from "/dashboard/dom.js";
import { heading, ms, percent, span } from "/dashboard/format.js";
import { live } from "/dashboard/live.js";
import { inline, said, saidLong, sourceLink } from "/dashboard/text.js";
import { badge, button, code, empty, facts, failed, inWords, isAbort, loading, time, toast } from "/dashboard/ui.js";

const HISTORY = 12;
/** What the meter shows as empty; below it is the noise of the room. */
const QUIET_DBFS = -60;
/** A remark's detail is cut after so many characters. */
const NOTE = 300;
/** As long as the server takes a text to be. */
const MAX_TEXT = 10_000;

const SAYS = {
  idle: "Waiting to be addressed.",
  listening: "Go on, I hear you.",
  thinking: "Working on it.",
  speaking: "Answering.",
  asleep: "Only the wake phrase counts.",
  muted: "The microphone is closed.",
};

let session = null;
let historyLoaded = false;

function mount(body, signal) {
  const conversation = conversationCard(signal);
  body.append(h("div", { class: "live-grid" },
    h("div", { class: "live-main" }, hero(signal), conversation, composer(signal)),
    h("aside", { class: "live-side", "aria-label": "Health" }, health(signal))));
}

/** The state, the level and the words as they are spoken. */
function hero(signal) {
  const name = h("p", { class: "hero-state" });
  const hint = h("p", { class: "hero-hint" });
  const words = h("p", { class: "hero-words", "aria-label": "Being said" });
  const bar = h("div", { class: "meter-bar" });
  const meter = h("div", { class: "meter", role: "meter", "aria-label": "Microphone level", "aria-valuemin": QUIET_DBFS, "aria-valuemax": 0 }, bar);
  const reading = h("span", { class: "meter-text", "aria-hidden": "true" });
  const card = h("section", { class: "card hero", "aria-label": "State" },
    h("div", { class: "hero-orb", "aria-hidden": "true" }, icon("live")),
    h("div", { class: "hero-text" }, name, hint, words),
    h("div", { class: "hero-meter" }, icon("mic"), meter, reading));
  const showState = () => {
    const state = live.status?.state ?? "unknown";
    card.dataset.state = state;
    name.textContent = live.status ? heading(state) : "…";
    hint.textContent = SAYS[state] ?? "";
  };
  const showWords = () => {
    const { committed = "", tentative = "" } = live.partial ?? {};
    card.classList.toggle("hearing", Boolean(committed || tentative));
    fill(words, said(committed), " ", said(tentative, { class: "tentative" }));
  };
  const showLevel = () => {
    const dbfs = Math.max(QUIET_DBFS, Math.min(0, live.dbfs ?? QUIET_DBFS));
    bar.style.transform = `scaleX(${1 - dbfs / QUIET_DBFS})`;
    meter.setAttribute("aria-valuenow", String(Math.round(dbfs)));
    reading.textContent = live.dbfs === null ? "no signal" : `${Math.round(live.dbfs)} dBFS`;
  };
  live.addEventListener("status", showState, { signal });
  live.addEventListener("partial", showWords, { signal });
  live.addEventListener("level", showLevel, { signal });
  showState();
  showWords();
  showLevel();
  return card;
}

/** What was said and answered, newest last. */
function conversationCard(signal) {
  const log = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: "0" });
  const nodes = new Map();
  const show = () => {
    const items = live.conversation;
    if (items.length === 0) {
      if (historyLoaded) fill(log, empty("live", "Nothing said yet", "Speak to FAME, or write to it below. What is said shows up here."));
      return;
    }
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    // Only what changed is built anew, so that a screen reader says only that.
    const fresh = items.map((item) => {
      const key = `${item.kind}${item.turn ?? item.at}${item.text ?? ""}`;
      const look = JSON.stringify(item);
      const old = nodes.get(key);
      if (old?.look === look) return old.node;
      const node = item.kind === "note" ? note(item) : exchange(item);
      nodes.set(key, { look, node });
      return node;
    });
    const kept = new Set(fresh);
    for (const [key, { node }] of nodes) if (!kept.has(node)) nodes.delete(key);
    for (const child of [...log.children]) if (!kept.has(child)) child.remove();
    fresh.forEach((node, at) => log.children[at] === node || log.insertBefore(node, log.children[at] ?? null));
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  // Events come in bursts; what nobody sees is not drawn.
  let frame = 0;
  live.addEventListener("conversation", () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(show);
  }, { signal });
  signal.addEventListener("abort", () => cancelAnimationFrame(frame), { once: true });
  const load = async () => {
    fill(log, loading());
    try {
      const { turns } = await request(withQuery("/turns", { limit: HISTORY }), { signal });
      historyLoaded = true;
      fill(log);
      live.addHistory(turns);
      show();
      log.scrollTop = log.scrollHeight;
    } catch (error) {
      if (!isAbort(error)) fill(log, failed(error, load));
    }
  };
  if (historyLoaded) {
    show();
    requestAnimationFrame(() => (log.scrollTop = log.scrollHeight));
  } else {
    load();
  }
  return h("section", { class: "card log-card", "aria-label": "Conversation" }, log);
}

function exchange(item) {
  return h("article", { class: "exchange" },
    item.text && h("div", { class: "bubble user" }, saidLong(item.text)),
    item.text && h("div", { class: "meta right" }, item.source && h("span", {}, item.source), time(item.at)),
    answer(item));
}

function answer(item) {
  if (!item.reply && !item.done) return h("div", { class: "bubble fame pending", "aria-label": "Working on it" }, h("span"), h("span"), h("span"));
  const understood = item.intent && item.intent !== "none";
  return [
    item.reply && h("div", { class: `bubble fame ${item.ok === false ? "not-ok" : ""}` }, saidLong(item.display || item.reply),
      item.sources?.length > 0 && h("p", { class: "sources" }, "From ", item.sources.map((source, at) => [at > 0 && ", ", sourceLink(source)])),
      item.data !== null && item.data !== undefined && h("details", { class: "data" }, h("summary", {}, "Data"),
        h("pre", { tabindex: "0" }, said(JSON.stringify(item.data, null, 2))))),
    h("div", { class: "meta" },
      item.ok === false && badge("failed", "bad"),
      item.cancelled && badge("cut short", "warn"),
      understood && code(item.intent),
      item.route && h("span", {}, "by ", said(item.route)),
      Number.isFinite(item.confidence) && h("span", {}, percent(item.confidence)),
      Number.isFinite(item.total ?? item.ms) && h("span", {}, ms(item.total ?? item.ms)),
      !item.text && time(item.at),
      item.turn !== null && h("a", { href: `#/turns/${item.turn}`, "aria-label": `Why turn ${item.turn} was answered so` }, "Why?")),
  ];
}

function note({ tone, text, detail, at, times }) {
  return h("div", { class: `remark ${tone}` }, tone === "bad" && icon("alert"), said(text),
    detail && said(detail.length > NOTE ? `${detail.slice(0, NOTE)}…` : detail, { class: "muted" }),
    times > 1 && badge(`${times} times`), time(at));
}

/** The line to write a query in. */
function composer(signal) {
  const input = h("textarea", { id: "query", rows: "1", maxlength: MAX_TEXT, placeholder: "Write to FAME…", "aria-label": "Write to FAME", enterkeyhint: "send", dir: "auto" });
  const speak = h("input", { type: "checkbox", id: "speak", role: "switch" });
  const send = button("Send", { kind: "primary", iconName: "send", type: "submit" });
  const form = h("form", { class: "composer card" }, input,
    h("div", { class: "composer-row" }, h("label", { class: "switch", for: "speak" }, speak, h("span", { class: "switch-track", "aria-hidden": "true" }), "Speak the reply"), send));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text || send.disabled) return;
    send.disabled = true;
    form.setAttribute("aria-busy", "true");
    input.value = "";
    try {
      const answered = await request("/query", { method: "POST", body: { text, speak: speak.checked, ...(session ? { session_id: session } : {}) } });
      session = answered.session_id ?? session;
      live.upsert(answered.turn_id, {
        text, reply: answered.response, intent: answered.intent, plugin: answered.plugin, confidence: answered.confidence,
        sources: answered.sources, data: answered.data ?? codeOf(answered), ms: answered.processing_ms, done: true,
      });
      if (answered.needs_approval) toast("This waits for your word, see Approvals.");
    } catch (error) {
      if (!input.value) input.value = text;
      toast(inWords(error), "bad");
    } finally {
      send.disabled = false;
      form.removeAttribute("aria-busy");
      if (!signal.aborted && document.activeElement === document.body) input.focus();
    }
  });
  return form;
}

function codeOf({ code: program, test_report: report }) {
  return program || report ? { code: program, test_report: report } : undefined;
}

/** The parts that FAME is made of, and how they are. */
function health(signal) {
  const card = h("section", { class: "card health" });
  const show = () => {
    const s = live.status;
    if (!s) return;
    fill(card, h("h2", {}, "Health"), facts([
      ["Microphone", line(s.microphone?.available, s.microphone?.device || (s.microphone?.available ? "in use" : "none"), s.microphone?.reason)],
      ["Recogniser", line(!s.recognizer?.error, `${s.recognizer?.model} · ${inline(s.recognizer?.language)} · ${s.recognizer?.threads} threads`, s.recognizer?.error)],
      ["Voice", line(Boolean(s.voice?.active), s.voice?.active || "none", (s.voice?.failed ?? []).map((f) => `${f.voice}: ${f.reason}`).join(" · "))],
      ["Understanding", line(Boolean(s.understanding?.classifier), s.understanding?.classifier || "not trained yet", s.understanding?.reason)],
      ["Language model", s.understanding?.model ? said(s.understanding.model) : h("span", { class: "muted" }, "none")],
      ["Mode", heading(s.mode)],
      ["Plugins", `${s.plugins?.length ?? 0} answering`],
      ["Lost sound", s.overruns > 0 ? badge(`${s.overruns} frames`, "warn") : h("span", { class: "muted" }, "none")],
      ["Up for", span(s.uptime_s)],
      ["Version", `${s.version} · process ${s.pid}`],
    ], "facts wide"));
  };
  live.addEventListener("status", show, { signal });
  if (live.status) {
    show();
  } else {
    fill(card, h("h2", {}, "Health"), loading(4));
    live.refresh().catch((error) => signal.aborted || fill(card, failed(error instanceof ApiError ? error : new ApiError({}), () => live.refresh())));
  }
  return card;
}

function line(good, text, reason) {
  return h("span", { class: "health-line" }, h("span", { class: `dot ${good ? "ok" : "bad"}`, role: "img", "aria-label": good ? "works" : "does not work" }),
    h("span", {}, said(text), reason && said(reason, { class: "health-reason" })));
}

export default { title: "Live", mount };
