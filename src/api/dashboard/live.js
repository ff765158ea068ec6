/** What FAME is doing, as its status and its events tell: the one state that sections share. */

import { request } from "/dashboard/api.js";
import { feed, onTopic } from "/dashboard/events.js";

/** More of the conversation than this is not kept; the section Turns has all of it. */
const MAX_ITEMS = 60;

/**
 * Dispatches `status` (state, microphone and the like), `level`, `partial`, `conversation` and
 * `approvals` when the part of that name has changed.
 */
class Live extends EventTarget {
  /** The last `GET /status`, kept up to date by events; null until it came. */
  status = null;
  /** The microphone's loudness in dBFS, or null. */
  dbfs = null;
  /** What is being said: `{committed, tentative}`, or null. */
  partial = null;
  /** Turns and notes, oldest first: `{kind: "turn"|"note", …}`. */
  conversation = [];
  /** How many acts wait for the user's word. */
  waiting = 0;

  #tell(part) {
    this.dispatchEvent(new Event(part));
  }

  /** Loads the status anew. @throws {ApiError} */
  async refresh() {
    this.status = await request("/status");
    this.#tell("status");
  }

  /** Counts the waiting approvals anew. @throws {ApiError} */
  async countApprovals() {
    const { approvals } = await request("/approvals");
    this.setWaiting(approvals.length);
  }

  /** @param {number} count of acts that wait */
  setWaiting(count) {
    if (count === this.waiting) return;
    this.waiting = count;
    this.#tell("approvals");
  }

  /** Puts older turns, as `GET /turns` has them, newest first, before what was heard since. */
  addHistory(turns) {
    const known = new Set(this.conversation.map((item) => item.turn));
    const older = turns.filter(({ turn }) => !known.has(turn)).reverse()
      .map((turn) => ({ ...turn, kind: "turn", done: true, total: turn.latency_ms?.total }));
    this.conversation = [...older, ...this.conversation].slice(-MAX_ITEMS);
    this.#tell("conversation");
  }

  /** Adds what is known about a turn to what was. */
  upsert(turn, known) {
    const fields = Object.entries(known).filter(([, value]) => value !== null && value !== undefined);
    const found = this.conversation.find((item) => item.kind === "turn" && item.turn === turn);
    if (found) Object.assign(found, Object.fromEntries(fields));
    else this.#push({ kind: "turn", turn, at: new Date().toISOString(), ...Object.fromEntries(fields) });
    this.#tell("conversation");
  }

  /** Adds a remark to the conversation. */
  note(tone, text, detail = "", at = new Date().toISOString()) {
    // The same again and again, as in a noisy room, must not push out what was said.
    const last = this.conversation.at(-1);
    const again = last?.kind === "note" && last.text === text;
    if (again) this.conversation = this.conversation.slice(0, -1);
    this.#push({ kind: "note", tone, text, detail, at, times: again ? last.times + 1 : 1 });
    this.#tell("conversation");
  }

  #push(item) {
    this.conversation = [...this.conversation, item].slice(-MAX_ITEMS);
  }

  #patchStatus(change) {
    if (!this.status) return;
    this.status = { ...this.status, ...change };
    this.#tell("status");
  }

  #setPartial(partial) {
    this.partial = partial;
    this.#tell("partial");
  }

  /** Begins to follow the events, for as long as the page lives. */
  follow() {
    const always = new AbortController().signal;
    const on = (topic, listener) => onTopic(topic, listener, always);
    on("state.changed", ({ state }) => {
      if (state !== "listening") this.#setPartial(null);
      this.#patchStatus({ state });
    });
    on("audio.level", ({ dbfs }) => {
      this.dbfs = dbfs;
      this.#tell("level");
    });
    on("microphone.changed", ({ available, device, reason }) => {
      this.dbfs = null;
      this.#tell("level");
      this.#patchStatus({ microphone: { available, device, reason } });
    });
    on("audio.overrun", ({ lost }) => this.#patchStatus({ overruns: (this.status?.overruns ?? 0) + lost }));
    on("transcript.partial", ({ committed, tentative }) => this.#setPartial({ committed, tentative }));
    on("transcript.final", () => this.#setPartial(null));
    on("wake.detected", ({ heard, score }, at) => this.note("plain", "Wake phrase heard", `“${heard}”, ${Math.round(score * 100)} % alike`, at));
    on("utterance.ignored", ({ text, reason }, at) => {
      this.#setPartial(null);
      this.note("plain", IGNORED[reason] ?? "Heard, and not acted on", text, at);
    });
    on("query.received", ({ turn, text, source, session }, at) => this.upsert(turn, { text, source, session, at }));
    on("intent.matched", ({ turn, intent, plugin, confidence, route }) => {
      if (turn !== undefined) this.upsert(turn, { intent, plugin, confidence, route });
    });
    on("reply", ({ turn, text, display, data, sources }, at) => {
      if (turn === undefined) this.#push({ kind: "turn", turn: null, at, reply: text, display, data, sources, done: true });
      else this.upsert(turn, { reply: text, display, data, sources });
      this.#tell("conversation");
    });
    on("query.completed", ({ turn, ok, ms }) => this.upsert(turn, { ok, ms, done: true }));
    on("turn.finished", ({ turn, latency_ms, cancelled }) => {
      if (turn) this.upsert(turn, { latency_ms, total: latency_ms.total, cancelled, done: true });
    });
    on("question.expired", (_, at) => this.note("plain", "The question was not answered in time", "", at));
    on("error", ({ code, message }, at) => this.note("bad", `Error: ${code}`, message, at));
    on("plugin.changed", ({ plugin, state, reason }, at) => {
      if (state === "failed" || state === "broken") this.note("bad", `Plugin ${plugin}: ${state}`, reason ?? "", at);
    });
    for (const topic of ["approval.requested", "approval.answered"]) {
      on(topic, () => this.countApprovals().catch(() => {}));
    }
    feed.addEventListener("connection", ({ detail }) => {
      if (detail.state !== "open") return;
      this.refresh().catch(() => {});
      this.countApprovals().catch(() => {});
    });
  }
}

const IGNORED = {
  not_addressed: "Heard, but not addressed",
  own_voice: "Heard my own voice",
  no_words: "A sound without words",
  busy: "Not taken: too many requests are waiting",
};

/** The page's one state. */
export const live = new Live();
