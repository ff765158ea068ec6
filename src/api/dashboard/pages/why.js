/** Why a turn was answered so: each decision, the stages that led to it, what they considered. */

import { request } from "/dashboard/api.js";
import { fill, h } from "/dashboard/dom.js";
import { heading, ms, percent } from "/dashboard/format.js";
import { inline, said, saidLong } from "/dashboard/text.js";
import { badge, code, facts, loader, time } from "/dashboard/ui.js";

/** Fills `into` with the why of a turn. */
export function showWhy(into, turn, signal) {
  loader(into, () => request(`/turns/${turn}/why`, { signal }), (why) => fill(into, explained(why)), signal)();
}

function explained(why) {
  return h("div", { class: "why" },
    h("div", { class: "why-said" }, h("div", { class: "bubble user" }, saidLong(why.text)), h("div", { class: "bubble fame" }, saidLong(why.reply))),
    facts([
      ["When", time(why.at)], ["Came in by", said(why.source)], ["Session", code(why.session)],
      ["Deciding took", ms(why.route_ms)], ["Plugins took", ms(why.plugin_ms)],
      ["The language model took", why.model_ms > 0 ? ms(why.model_ms) : null],
    ], "facts columns"),
    why.decisions.length === 0
      ? h("p", { class: "muted" }, "Nothing was decided in this turn.")
      : why.decisions.map((decision, at) => decided(decision, at, why.decisions.length)));
}

function decided(decision, at, of) {
  const slots = Object.entries(decision.slots ?? {});
  return h("section", { class: "decision" },
    h("h3", {}, of > 1 ? `Request ${at + 1} of ${of}` : "Decision"),
    of > 1 && h("p", { class: "quote" }, said(decision.text)),
    h("div", { class: "decision-head" },
      decision.intent ? code(decision.intent) : badge("nothing understood", "warn"),
      decision.plugin && h("span", { class: "muted" }, "of ", said(decision.plugin)), score(decision.confidence, "Confidence")),
    facts([
      ["Decided by", said(decision.route)],
      ["Because", saidLong(decision.reason)],
      ["Policy", decision.verdict ? saidLong(decision.verdict) : null],
    ]),
    slots.length > 0 && h("div", {}, h("h4", {}, "Values"), facts(slots.map(([name, value]) => [
      said(name), h("span", {}, saidLong(inline(value)), decision.carried?.includes(name) && [" ", badge("from before", "accent")])]), "facts values")),
    decision.stages?.length > 0 && h("div", {}, h("h4", {}, "Stages tried"), h("ol", { class: "stages" }, decision.stages.map((stage) => tried(stage, decision)))));
}

function tried(stage, decision) {
  const decisive = stage.stage === decision.route;
  return h("li", { class: decisive ? "decisive" : "" },
    h("p", { class: "stage-name" }, heading(stage.stage), decisive && badge("decided", "ok")),
    stage.outcome && h("p", { class: "muted" }, said(stage.outcome)),
    stage.candidates?.length > 0 && h("ul", { class: "candidates" }, stage.candidates.map((candidate) =>
      h("li", {}, h("div", { class: "candidate-name" }, code(candidate.intent), h("span", { class: "muted" }, said(candidate.plugin))),
        score(candidate.score, "Score"), candidate.sentence && h("p", { class: "candidate-sentence" }, "“", said(candidate.sentence), "”")))),
    stage.features?.length > 0 && features(stage.features));
}

/** Words and how much they weighed, for or against. */
function features(list) {
  const most = Math.max(...list.map(([, weight]) => Math.abs(weight)), Number.EPSILON);
  return h("ul", { class: "features", "aria-label": "Words that weighed most" }, list.map(([word, weight]) => {
    const bar = h("span", { class: `feature-bar ${weight < 0 ? "against" : "for"}` });
    bar.style.width = `${(Math.abs(weight) / most) * 50}%`;
    return h("li", {}, said(word, { class: "feature-word" }), h("span", { class: "feature-track", "aria-hidden": "true" }, bar),
      h("span", { class: "number" }, `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(2)}`));
  }));
}

function score(value, label) {
  const bar = h("span", { class: "score-bar" });
  bar.style.width = `${Math.max(0, Math.min(1, value ?? 0)) * 100}%`;
  return h("span", { class: "score", title: label }, h("span", { class: "score-track", "aria-hidden": "true" }, bar),
    h("span", { class: "number" }, h("span", { class: "visually-hidden" }, `${label} `), percent(value)));
}
