/** Where a turn's time went. The same stages, in the same colours, in bars, charts and legends. */

import { h } from "/dashboard/dom.js";
import { ms } from "/dashboard/format.js";

/** In the order in which they happen. */
export const STAGES = [
  { key: "endpoint", name: "Endpoint", token: "--stage-endpoint", means: "silence waited for after the last word" },
  { key: "recognise", name: "Recognise", token: "--stage-recognise", means: "from the endpoint to the final text" },
  { key: "route", name: "Route", token: "--stage-route", means: "deciding what was meant" },
  { key: "plugin", name: "Plugin", token: "--stage-plugin", means: "the plugin's own work" },
  { key: "model", name: "Model", token: "--stage-model", means: "until the language model's first words" },
  { key: "first_sound", name: "First sound", token: "--stage-first_sound", means: "from the reply's text to its first sample" },
];

/** All stages together, the endpoint's silence included, in milliseconds. */
export function whole(latency) {
  return STAGES.reduce((sum, { key }) => sum + Math.max(0, latency?.[key] ?? 0), 0);
}

/** The stages in words. */
export function inWords(latency) {
  return STAGES.filter(({ key }) => latency?.[key] > 0).map(({ key, name }) => `${name} ${ms(latency[key])}`).join(", ");
}

/** A stacked bar. @param {number} scale how many milliseconds are the full width */
export function latencyBar(latency, scale) {
  const bar = h("div", { class: "latency-bar", role: "img", "aria-label": inWords(latency) || "no time measured", title: inWords(latency) });
  for (const { key } of STAGES) {
    const value = Math.max(0, latency?.[key] ?? 0);
    if (value === 0) continue;
    const part = h("span", { class: `stage ${key}` });
    part.style.width = `${Math.min(100, (value / Math.max(1, scale)) * 100)}%`;
    bar.append(part);
  }
  return bar;
}

/** Which colour is which stage. */
export function legend() {
  return h("ul", { class: "legend" }, STAGES.map(({ key, name, means }) =>
    h("li", { title: means }, h("span", { class: `swatch stage ${key}`, "aria-hidden": "true" }), name)));
}
