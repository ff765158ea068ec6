/** Requests to FAME's REST API. */

import { askForKey, currentKey } from "/dashboard/key.js";

/** A GET that is told to wait this long or less waits and tries once more by itself. */
const WAIT_AT_MOST_S = 5;
/** No answer takes longer; a query may have a slow plugin or a language model behind it. */
const TIMEOUT_MS = 120_000;

/** How far the server's clock is ahead of this one, in milliseconds. */
let ahead = 0;

/** Now, by the server's clock: deadlines are written by it. */
export function serverNow() {
  return Date.now() + ahead;
}

/** What went wrong with a request, ready to be shown. */
export class ApiError extends Error {
  /** @param {{status?: number, code?: string, title?: string, detail?: string, hint?: string, retryAfter?: number|null}} problem */
  constructor({ status = 0, code = "", title = "", detail = "", hint = "", retryAfter = null }) {
    super(detail || title);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.title = title || TITLES[status] || "That did not work";
    this.detail = detail;
    this.hint = hint;
    this.retryAfter = retryAfter;
  }
}

const TITLES = {
  0: "FAME does not answer",
  403: "This key may not do that",
  404: "There is no such thing",
  429: "Too many requests",
  503: "Not available right now",
};

/**
 * @param {string} path of the resource, with its query
 * @param {{method?: string, body?: *, signal?: AbortSignal}} [options] `body` is sent as JSON
 * @returns {Promise<*>} the answer's JSON
 * @throws {ApiError} for every failure; an `AbortError` if `signal` ended it
 */
export async function request(path, { method = "GET", body, signal } = {}) {
  let waited = false;
  for (;;) {
    const response = await send(path, { method, body, signal });
    if (response.ok) return await json(response);
    const error = await problem(response);
    const wait = error.retryAfter;
    if (method === "GET" && !waited && wait !== null && wait <= WAIT_AT_MOST_S) {
      waited = true;
      await pause(wait * 1000, signal);
      continue;
    }
    throw error;
  }
}

/**
 * Sends with a key, asking for one when there is none or it is refused.
 * @returns {Promise<Response>} anything but a 401
 */
export async function send(path, { method = "GET", body, signal, headers = {}, timeout = TIMEOUT_MS } = {}) {
  let key = currentKey() ?? (await askForKey());
  for (;;) {
    let response;
    try {
      response = await fetch(path, {
        method,
        headers: {
          ...headers,
          Authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: bounded(signal, timeout),
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
      });
    } catch (error) {
      throw failure(error, signal);
    }
    const date = Date.parse(response.headers.get("Date") ?? "");
    // The header has whole seconds: half of one is the best guess at what it leaves out.
    if (Number.isFinite(date)) ahead = date + 500 - Date.now();
    if (Math.abs(ahead) < 1500) ahead = 0;
    if (response.status !== 401) return response;
    key = await askForKey(key);
    signal?.throwIfAborted();
  }
}

function bounded(signal, timeout) {
  if (timeout === null) return signal;
  const limit = AbortSignal.timeout(timeout);
  return signal ? AbortSignal.any([signal, limit]) : limit;
}

function failure(error, signal) {
  if (signal?.aborted) return error;
  if (error?.name === "TimeoutError") {
    return new ApiError({ title: "FAME takes too long", detail: "There was no answer in two minutes.", hint: "Try again." });
  }
  return new ApiError({ detail: "There is no connection.", hint: "See whether FAME is running, then try again." });
}

async function json(response) {
  if (response.status === 204) return {};
  try {
    return await response.json();
  } catch (error) {
    if (error?.name === "AbortError") throw error;
    throw new ApiError({
      status: response.status,
      title: "The answer cannot be read",
      hint: "Reload the page: it may be of another version than FAME.",
    });
  }
}

/** The problem that a refused request was answered with. */
export async function problem(response) {
  const told = await response.json().catch(() => ({}));
  const text = (value) => (typeof value === "string" ? value : "");
  const seconds = Number.parseFloat(response.headers.get("Retry-After") ?? "");
  return new ApiError({
    status: response.status,
    code: text(told?.code),
    title: text(told?.title),
    detail: text(told?.detail),
    hint: text(told?.hint),
    retryAfter: Number.isFinite(seconds) ? Math.max(0, seconds) : null,
  });
}

/** Waits, or throws as soon as `signal` ends it. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** A path with those parameters that have a value. */
export function withQuery(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
