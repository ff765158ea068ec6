/** Sandbox: the programs that were run, how they ended, and what they wrote. */

import { request, withQuery } from "/dashboard/api.js";
import { fill, h, icon } from "/dashboard/dom.js";
import { onTopic } from "/dashboard/events.js";
import { bytes, count, ms } from "/dashboard/format.js";
import { said, saidLong } from "/dashboard/text.js";
import { badge, code, empty, facts, gathered, keepingFocus, loader, time } from "/dashboard/ui.js";

const SHOWN = 50;
/** Output scrolls in a box of its own; only more than this is folded. */
const FOLD_AT = 16_000;

const TIERS = {
  a: "in a container",
  b: "behind the kernel's walls",
  local: "with nothing around it",
};

function mount(body, signal) {
  const list = h("div", { class: "run-list" });
  body.append(list);
  const load = loader(list, () => request(withQuery("/sandbox/runs", { limit: SHOWN }), { signal }), ({ runs }) => {
    if (runs.length === 0) {
      fill(list, empty("sandbox", "Nothing has been run", "Programs that FAME runs for you, and their output, are listed here."));
      return;
    }
    const open = new Set([...list.querySelectorAll("details[open]")].map(({ dataset }) => dataset.id));
    keepingFocus(list, () => fill(list, runs.map((run) => row(run, open.has(String(run.id))))));
  }, signal);
  onTopic("sandbox.", gathered(load, 300, signal), signal);
  load();
}

/** How it ended, and in which tone to say so. */
function ending({ state, report }) {
  if (!report) return [state, state === "failed" ? "bad" : ""];
  if (report.ok) return ["done", "ok"];
  if (report.timed_out) return ["out of time", "bad"];
  if (report.oom) return ["out of memory", "bad"];
  if (report.signal !== null && report.signal !== undefined) return [`signal ${report.signal}`, "bad"];
  return [`exit code ${report.exit_code ?? "unknown"}`, "warn"];
}

function row({ id, at, caller, profile, state, report, error }, open) {
  const [end, tone] = ending({ state, report });
  if (!report) {
    return h("div", { class: "card run", "data-id": id },
      h("p", { class: "run-name" }, badge(end, tone), said(caller, { class: "strong" }), code(profile), time(at)),
      error && h("p", { class: "muted" }, said(error)));
  }
  return h("details", { class: "card run", "data-id": id, open },
    h("summary", { "data-focus": id },
      h("span", { class: "run-name" }, icon("chevron"), badge(end, tone), h("h2", {}, said(caller))),
      h("span", { class: "run-facts" }, code(report.profile), h("span", { class: "number" }, ms(report.wall_ms)),
        h("span", { class: "number" }, bytes(report.peak_memory_bytes)), time(at))),
    h("div", { class: "run-body" },
      facts([
        ["Run", code(id)], ["Kept", TIERS[report.tier] ?? said(report.tier)],
        ["By the clock", ms(report.wall_ms)], ["Processor", ms(report.cpu_ms)],
        ["Most memory", report.peak_memory_bytes > 0 ? bytes(report.peak_memory_bytes) : "not known"],
        ["Image", report.image ? code(report.image) : null],
      ], "facts columns"),
      report.truncated && h("p", { class: "muted" }, "Something is left out of the output or the files: there was more than is kept."),
      output("Output", report.stdout, report.stdout_bytes),
      output("Errors", report.stderr, report.stderr_bytes),
      report.files?.length > 0 && h("div", {}, h("h3", {}, count(report.files.length, "file")),
        h("ul", { class: "files" }, report.files.map((file) => h("li", {}, code(file.name), h("span", { class: "number" }, bytes(file.bytes)),
          h("span", { class: "hash", title: `SHA-256 ${file.sha256}` }, file.sha256.slice(0, 12)))))),
      report.network && network(report.network)));
}

/** What it asked of the network, and what was decided. */
function network({ contacts, left_out, cut }) {
  if (contacts.length === 0) return h("p", { class: "muted" }, "Network: nothing was asked for");
  return h("div", {}, h("h3", {}, "Network"), h("ul", { class: "files" }, contacts.map(contact)),
    left_out > 0 && h("p", { class: "muted" }, `${count(left_out, "more time", "more times")}, which are not listed.`),
    cut && h("p", { class: "muted" }, "It was cut off, having sent and received as much as it may."));
}

function contact({ host, port, allowed, problem, times, sent_bytes, received_bytes }) {
  const [outcome, tone] = !allowed ? ["refused", "bad"] : problem ? ["not reached", "warn"] : ["reached", "ok"];
  return h("li", {}, badge(outcome, tone), code(`${host}:${port}`), times > 1 && h("span", { class: "number" }, count(times, "time")),
    problem ? said(problem, { class: "muted" }) : h("span", { class: "number" }, `${bytes(sent_bytes)} sent, ${bytes(received_bytes)} received`));
}

function output(title, text, size) {
  if (!text) return h("p", { class: "muted" }, `${title}: nothing`);
  return h("div", {}, h("h3", {}, title, h("span", { class: "muted" }, ` ${bytes(size)}`)), h("pre", { class: "output", tabindex: "0", "aria-label": title }, saidLong(text, {}, FOLD_AT)));
}

export default { title: "Sandbox", mount };
