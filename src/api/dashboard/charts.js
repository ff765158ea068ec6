/** The chart of where the last turns' time went. */

import uPlot from "/dashboard/vendor/uPlot.js";
import { fill, h } from "/dashboard/dom.js";
import { ms } from "/dashboard/format.js";
import { STAGES, whole } from "/dashboard/latency.js";
import { colour, themeChanges } from "/dashboard/theme.js";

const HEIGHT = 220;
const NARROW = 560;

/**
 * Stacked bars, one for each turn, oldest first. The list beside it has the same numbers, so it
 * is hidden from screen readers.
 * @param {HTMLElement} into
 * @param {object[]} turns as `GET /turns` has them, newest first
 * @param {function(object): void} chosen called with the turn whose bar was clicked
 */
export function latencyChart(into, turns, chosen, signal) {
  const shown = [...turns].reverse();
  const place = h("div", { class: "chart", "aria-hidden": "true" });
  const readout = h("p", { class: "chart-readout", "aria-hidden": "true" });
  fill(into, place, readout);
  const tell = (turn) => {
    if (!turn) return fill(readout, "Point at a bar for its numbers; click it for the why.");
    return fill(readout, h("strong", {}, `Turn ${turn.turn}`),
      STAGES.filter(({ key }) => turn.latency_ms?.[key] > 0).map(({ key, name }) =>
        h("span", {}, h("span", { class: `swatch stage ${key}` }), `${name} ${ms(turn.latency_ms[key])}`)),
      h("span", {}, `to the first sound ${ms(turn.latency_ms?.total)}`));
  };
  tell(null);
  let plot = null;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options(place, shown, tell, chosen), stacked(shown), place);
  };
  draw();
  const watch = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
  watch.observe(place);
  themeChanges.addEventListener("change", draw, { signal });
  signal.addEventListener("abort", () => {
    watch.disconnect();
    plot.destroy();
  }, { once: true });
}

/** Each series is the sum of its stage and those before it; the tallest is drawn first. */
function stacked(turns) {
  const sums = turns.map(() => 0);
  const series = STAGES.map(({ key }) => turns.map((turn, at) => (sums[at] += Math.max(0, turn.latency_ms?.[key] ?? 0))));
  return [turns.map((_, at) => at), ...series.reverse()];
}

function options(place, turns, tell, chosen) {
  const axis = { stroke: colour("--ink-3"), font: "12px system-ui, sans-serif", ticks: { show: false } };
  const narrow = place.clientWidth < NARROW;
  let hovered = null;
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: false, range: [-0.6, Math.max(turns.length - 0.4, 0.6)] }, y: { range: (_, __, max) => [0, Math.max(max * 1.08, 10)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 44, incrs: [1, 2, 5, 10, 20, 50, 100], size: 28,
        values: (_, places) => places.map((at) => (turns[at] ? String(turns[at].turn) : "")) },
      { ...axis, grid: { stroke: colour("--line"), width: 1 }, size: narrow ? 52 : 60, values: (_, values) => values.map((value) => ms(value)) },
    ],
    series: [{}, ...[...STAGES].reverse().map(({ token }) => ({
      fill: colour(token), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.62, 30], radius: 0 }),
    }))],
    hooks: {
      setCursor: [(plot) => {
        const turn = turns[plot.cursor.idx ?? -1] ?? null;
        if (turn === hovered) return;
        hovered = turn;
        tell(turn);
      }],
      ready: [(plot) => plot.over.addEventListener("click", () => hovered && chosen(hovered))],
    },
  };
}

/** Middle and slow end of the turns' time to the first sound, and the stage that takes most. */
export function summary(turns) {
  const totals = turns.map((turn) => turn.latency_ms?.total).filter((value) => value > 0).sort((a, b) => a - b);
  const at = (share) => totals[Math.min(totals.length - 1, Math.floor(totals.length * share))];
  const sums = STAGES.map(({ key, name }) => ({ name, sum: turns.reduce((all, turn) => all + Math.max(0, turn.latency_ms?.[key] ?? 0), 0) }));
  const most = sums.reduce((best, one) => (one.sum > best.sum ? one : best));
  const all = turns.reduce((sum, turn) => sum + whole(turn.latency_ms), 0);
  return { median: at(0.5), slow: at(0.95), most: all > 0 ? most.name : null, share: all > 0 ? most.sum / all : 0 };
}
