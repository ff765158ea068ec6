/** Audit: what was done and on whose word, searched, and whether the record is whole. */

import { request, withQuery } from "/dashboard/api.js";
import { fill, h, icon } from "/dashboard/dom.js";
import { count, ms, percent } from "/dashboard/format.js";
import { said, saidLong } from "/dashboard/text.js";
import { badge, button, code, empty, facts, failed, inWords, isAbort, loader, loading, time, toast } from "/dashboard/ui.js";

const PAGE = 50;
/** Typing rests for so long before it is searched. */
const REST_MS = 350;
const SOURCES = ["voice", "rest", "ipc", "routine", "plugin", "system"];

const KINDS = { before: ["before", "accent"], after: ["after", "plain"], note: ["note", "plain"] };

function mount(body, signal) {
  const list = h("div", { class: "audit-list" });
  const older = button("Show older records", { on: () => more() });
  older.hidden = true;
  const filter = searchForm(() => load(), signal);
  body.append(h("div", { class: "stack-large" }, verification(signal), filter.form,
    h("section", { class: "card flush", "aria-label": "Records" }, list), h("div", { class: "list-foot" }, older)));

  let next = null;
  const fetchPage = (before) => request(withQuery("/audit", { limit: PAGE, before, ...filter.values() }), { signal });
  const remember = (answer) => {
    next = answer.next_before ?? null;
    older.hidden = next === null;
  };
  const load = loader(list, () => fetchPage(null), (answer) => {
    remember(answer);
    if (answer.records.length > 0) fill(list, answer.records.map(record));
    else if (Object.values(filter.values()).some(Boolean)) fill(list, empty("audit", "Nothing matches", "No record has all of what you search for."));
    else fill(list, empty("audit", "No records yet", "Everything that FAME does is written down here before it is done, and after."));
  }, signal);
  const more = async () => {
    try {
      const answer = await fetchPage(next);
      remember(answer);
      list.append(...answer.records.map(record));
    } catch (error) {
      if (!isAbort(error)) toast(inWords(error), "bad");
    }
  };
  load();
}

/** @returns {{form: HTMLElement, values: function(): Object<string, string>}} */
function searchForm(search, signal) {
  const text = h("input", { type: "search", id: "audit-text", maxlength: 200, dir: "auto", placeholder: "Words of the request" });
  const intent = h("input", { type: "search", id: "audit-intent", maxlength: 100, placeholder: "Any" });
  const source = h("select", { id: "audit-source" }, h("option", { value: "" }, "Any"), SOURCES.map((name) => h("option", { value: name }, name)));
  const field = (label, input) => h("div", { class: "field" }, h("label", { for: input.id }, label), input);
  const form = h("form", { class: "card search", role: "search" }, field("Text", text), field("Intent", intent), field("Source", source));
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(search, REST_MS);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
  return { form, values: () => ({ text: text.value.trim(), intent: intent.value.trim(), source: source.value }) };
}

/** What came of it, in one line: the words of the reply, or all that there is to tell. */
function outcome(result) {
  if (!result) return "";
  if (typeof result === "string") return result;
  return result.status ? [result.status, result.text].filter(Boolean).join(": ") : JSON.stringify(result);
}

/** Whether the chain of records is unbroken, as the server has checked it. */
function verification(signal) {
  const card = h("section", { class: "card verification", "aria-label": "Verification", "aria-live": "polite" });
  const check = async () => {
    fill(card, loading(1));
    try {
      const result = await request("/audit/verify", { signal });
      const bad = result.first_bad;
      card.dataset.ok = String(result.ok);
      fill(card, h("div", { class: "verification-mark" }, icon(result.ok ? "check" : "alert")),
        h("div", { class: "verification-text" },
          h("h2", {}, result.ok ? "The record is whole" : "The record was tampered with or damaged"),
          bad && h("p", {}, `The first bad record is ${bad.seq}: `, saidLong(bad.problem)),
          h("p", { class: "muted" }, `${count(result.records, "record")}, ${count(result.checkpoints, "checkpoint")}`,
            result.pruned > 0 && `, ${Number(result.pruned).toLocaleString("en")} pruned by age`, " · checked ", time(result.checked_at))),
        button("Check again", { iconName: "refresh", on: check }));
    } catch (error) {
      if (!isAbort(error)) fill(card, failed(error, check));
    }
  };
  check();
  return card;
}

function record(entry) {
  const [kind, tone] = KINDS[entry.kind] ?? [entry.kind, "plain"];
  return h("details", { class: "record" },
    h("summary", {},
      h("span", { class: "record-seq number" }, icon("chevron"), `#${entry.seq}`),
      h("span", { class: "record-text" }, said((entry.text || outcome(entry.result) || entry.why || "").slice(0, 200)),
        h("span", { class: "record-meta" }, badge(kind, tone), entry.intent && code(entry.intent), entry.decision && said(entry.decision),
          entry.source && h("span", {}, said(entry.source)))),
      time(entry.at)),
    h("div", { class: "record-body" }, facts([
      ["Request", entry.text ? saidLong(entry.text) : null],
      ["Session", entry.session ? code(entry.session) : null],
      ["Understood as", entry.intent ? h("span", {}, code(entry.intent), entry.plugin && [" of ", said(entry.plugin)]) : null],
      ["Confidence", Number.isFinite(entry.confidence) ? percent(entry.confidence) : null],
      ["Decided by", entry.route ? said(entry.route) : null],
      ["Because", entry.why ? saidLong(entry.why) : null],
      ["Policy", entry.decision ? said(entry.decision) : null],
      ["Approval", entry.approval ? said(typeof entry.approval === "string" ? entry.approval : JSON.stringify(entry.approval)) : null],
      ["Result", entry.result ? saidLong(outcome(entry.result)) : null],
      ["Took", Number.isFinite(entry.latency_ms) ? ms(entry.latency_ms) : null],
      ["Hash", h("span", { class: "hash" }, said(entry.hash))],
    ])));
}

export default { title: "Audit", mount };
