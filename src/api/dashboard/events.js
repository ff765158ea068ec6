/**
 * FAME's events, read with `fetch` (an `EventSource` cannot carry the key), resumed where they
 * broke off, with growing pauses between tries.
 */

import { pause, problem, send } from "/dashboard/api.js";
import { SseParser } from "/dashboard/sse.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A stream that is silent for so long, without even a comment, is taken for dead. */
const SILENT_MS = 90_000;

/**
 * Dispatches `topic` (a `CustomEvent` with `{at, event}`) for each event, and `connection` with
 * `{state: "connecting"|"open"|"waiting"|"refused", error}` when that changes.
 */
export class EventFeed extends EventTarget {
  #lastId = "";
  #wake = null;
  /** How the connection is. */
  state = "connecting";

  /** Reads for as long as the page lives. */
  async run() {
    addEventListener("online", () => this.#wake?.());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake?.());
    let wait = FIRST_PAUSE_MS;
    for (;;) {
      this.#tell("connecting");
      let least = 0;
      let error = null;
      try {
        const read = await this.#stream();
        if (read) wait = FIRST_PAUSE_MS;
      } catch (caught) {
        error = caught;
        least = (caught.retryAfter ?? 0) * 1000;
      }
      this.#tell(error?.status === 403 ? "refused" : "waiting", error);
      // Not all pages of a restarted server come back in the same moment.
      await this.#sleep(Math.max(least, wait * (0.75 + Math.random() / 2)));
      wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Reads one connection to its end. @returns {Promise<boolean>} whether anything came */
  async #stream() {
    const stop = new AbortController();
    const headers = { Accept: "text/event-stream" };
    if (this.#lastId) headers["Last-Event-ID"] = this.#lastId;
    const response = await send("/events", { headers, signal: stop.signal, timeout: null });
    if (!response.ok) throw await problem(response);
    const parser = new SseParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    this.#tell("open");
    let any = false;
    let watch = 0;
    try {
      for (;;) {
        watch = setTimeout(() => stop.abort(), SILENT_MS);
        const { value, done } = await reader.read();
        clearTimeout(watch);
        if (done) return any;
        any = true;
        for (const event of parser.push(value)) this.#deliver(event);
      }
    } catch (error) {
      // An event that is too large will be so again: the pauses have to grow.
      if (error instanceof RangeError) throw error;
      // A connection that breaks is as good as one that ends.
      return any;
    } finally {
      clearTimeout(watch);
      stop.abort();
    }
  }

  #deliver({ id, topic, data }) {
    if (id) this.#lastId = id;
    let parsed;
    try {
      parsed = JSON.parse(data);
    } catch {
      return;
    }
    if (!parsed || typeof parsed.event !== "object" || parsed.event === null) return;
    this.dispatchEvent(new CustomEvent("topic", { detail: { topic, at: parsed.at, event: parsed.event } }));
  }

  #tell(state, error = null) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("connection", { detail: { state, error } }));
  }

  async #sleep(milliseconds) {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await pause(milliseconds, woken.signal).catch(() => {});
    this.#wake = null;
  }
}

/** The page's one feed. */
export const feed = new EventFeed();

/**
 * Calls `listener(event, at, topic)` for each event whose topic is `pattern`, or begins with it if it ends with
 * a dot, until `signal` is aborted.
 */
export function onTopic(pattern, listener, signal) {
  feed.addEventListener("topic", ({ detail }) => {
    const fits = pattern.endsWith(".") ? detail.topic.startsWith(pattern) : detail.topic === pattern;
    if (fits) listener(detail.event, detail.at, detail.topic);
  }, { signal });
}
