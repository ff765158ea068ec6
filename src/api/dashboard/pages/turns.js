/** Turns: the last requests, where their time went, and why each was answered so. */

import { request, withQuery } from "/dashboard/api.js";
import { latencyChart, summary } from "/dashboard/charts.js";
import { fill, h } from "/dashboard/dom.js";
import { openDrawer } from "/dashboard/drawer.js";
import { onTopic } from "/dashboard/events.js";
import { ms, percent } from "/dashboard/format.js";
import { latencyBar, legend, whole } from "/dashboard/latency.js";
import { said } from "/dashboard/text.js";
import { badge, button, code, empty, gathered, inWords, isAbort, keepingFocus, loader, time, toast } from "/dashboard/ui.js";
import { showWhy } from "/dashboard/pages/why.js";

const PAGE = 40;
/** More bars than these cannot be told apart. */
const CHARTED = 60;
/** One text of a list is cut after so many characters; the why has all of it. */
const LINE = 240;

function mount(body, signal, argument) {
  const chart = h("div");
  const tiles = h("div", { class: "tiles" });
  const list = h("div", { class: "turn-list" });
  const older = button("Show older turns", { on: () => more() });
  const foot = h("div", { class: "list-foot" }, older);
  older.hidden = true;
  const content = h("div", { class: "stack-large" });
  body.append(content);

  let turns = [];
  const show = () => {
    if (turns.length === 0) {
      fill(content, empty("turns", "No turns yet", "Each request to FAME is listed here, with where its time went and why it was answered so."));
      return;
    }
    const charted = turns.slice(0, CHARTED).filter((turn) => whole(turn.latency_ms) > 0);
    if (!list.isConnected) {
      fill(content, tiles, h("section", { class: "card", "aria-label": "Latency" },
        h("div", { class: "card-head" }, h("h2", {}, "Where the time went"), legend()), chart),
        h("section", { class: "card flush", "aria-label": "Turns" }, list), foot);
    }
    fillTiles(tiles, turns);
    latencyChart(chart, charted, (turn) => (location.hash = `#/turns/${turn.turn}`), chartSignal());
    const scale = Math.max(...turns.map((turn) => whole(turn.latency_ms)), 1);
    keepingFocus(list, () => fill(list, turns.map((turn) => row(turn, scale))));
  };

  let charts = null;
  const chartSignal = () => {
    charts?.abort();
    charts = new AbortController();
    return charts.signal;
  };
  signal.addEventListener("abort", () => charts?.abort(), { once: true });

  const load = loader(content, () => request(withQuery("/turns", { limit: Math.max(PAGE, Math.min(turns.length, 200)) }), { signal }), (answer) => {
    turns = answer.turns;
    older.hidden = turns.length < PAGE;
    show();
  }, signal);
  const more = async () => {
    try {
      const answer = await request(withQuery("/turns", { limit: PAGE, before: turns.at(-1)?.turn }), { signal });
      turns = [...turns, ...answer.turns];
      older.hidden = answer.turns.length < PAGE;
      show();
    } catch (error) {
      if (!isAbort(error)) toast(inWords(error), "bad");
    }
  };
  const soon = gathered(load, 800, signal);
  onTopic("turn.finished", soon, signal);
  onTopic("query.completed", soon, signal);
  load();

  let closeWhy = null;
  const update = (turn) => {
    closeWhy?.();
    closeWhy = null;
    if (!/^\d{1,19}$/.test(turn)) return true;
    const inside = h("div");
    const stop = new AbortController();
    showWhy(inside, turn, stop.signal);
    const close = openDrawer(`Turn ${turn}`, inside, {
      signal,
      closed: () => {
        stop.abort();
        if (closeWhy === close) closeWhy = null;
        if (location.hash === `#/turns/${turn}`) history.replaceState(null, "", "#/turns");
      },
    });
    closeWhy = close;
    return true;
  };
  update(argument);
  return update;
}

function fillTiles(tiles, turns) {
  const { median, slow, most, share } = summary(turns);
  const wrong = turns.filter((turn) => turn.ok === false).length;
  fill(tiles,
    tile("Median to first sound", ms(median), "of the turns below"),
    tile("95 % are faster than", ms(slow), "to the first sound"),
    tile("Takes most", most ?? "–", most ? `${percent(share)} of all time` : "nothing measured yet"),
    tile("Not done", String(wrong), `of ${turns.length} turns`));
}

function tile(label, value, text) {
  return h("div", { class: "card tile" }, h("p", { class: "tile-label" }, label), h("p", { class: "tile-value" }, value), h("p", { class: "muted" }, text));
}

function row(turn, scale) {
  const cut = (text) => (text?.length > LINE ? `${text.slice(0, LINE)}…` : text);
  return h("a", { class: "turn-row", href: `#/turns/${turn.turn}`, "data-focus": turn.turn },
    h("div", { class: "turn-text" }, h("p", { class: "turn-said" }, said(cut(turn.text))), h("p", { class: "turn-reply" }, said(cut(turn.reply)))),
    h("div", { class: "turn-meta" }, time(turn.at), h("span", {}, turn.source),
      turn.intent && turn.intent !== "none" ? code(turn.intent) : badge("not understood", "warn"),
      turn.route && h("span", {}, "by ", said(turn.route)), turn.ok === false && badge("failed", "bad")),
    h("div", { class: "turn-time" }, latencyBar(turn.latency_ms, scale), h("span", { class: "number", title: "from the end of the request to the first sound" }, ms(turn.latency_ms?.total || whole(turn.latency_ms)))));
}

export default { title: "Turns", mount };
