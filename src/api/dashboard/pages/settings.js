/** Settings: those that can be changed while FAME runs, or take effect when it next starts. */

import { request } from "/dashboard/api.js";
import { fill, h, icon } from "/dashboard/dom.js";
import { count, heading } from "/dashboard/format.js";
import { said, saidLong, visible } from "/dashboard/text.js";
import { badge, button, empty, inWords, loader, toast } from "/dashboard/ui.js";

const MAX_STRING = 1000;

function mount(body, signal) {
  const content = h("div", { class: "stack-large" });
  body.append(content);
  const load = loader(content, () => request("/settings", { signal }), ({ settings }) => {
    if (settings.length === 0) fill(content, empty("settings", "Nothing to set", "This key may not change settings, or there are none."));
    else fill(content, form(settings, content));
  }, signal);
  addEventListener("beforeunload", (event) => {
    if (content.querySelector("form.dirty")) event.preventDefault();
  }, { signal });
  load();
}

/** @param {string} [reason] why what was changed just now is not in the settings file */
function form(settings, content, reason) {
  const fields = settings.map(field);
  const note = h("span", { role: "status" });
  const save = button("Save", { kind: "primary", type: "submit" });
  const discard = button("Discard", { on: () => fill(content, form(settings, content)) });
  const bar = h("div", { class: "save-bar" }, note, h("div", { class: "actions" }, discard, save));
  const all = h("form", { class: "settings", novalidate: true }, reason && unkept(reason),
    [...grouped(fields)].map(([group, members]) => h("section", { class: "card flush", "aria-labelledby": `group-${group}` },
      h("h2", { class: "group-title", id: `group-${group}` }, heading(visible(group))), members.map(({ node }) => node))), bar);
  const changed = () => fields.filter((one) => one.changed());
  const show = () => {
    const list = changed();
    all.classList.toggle("dirty", list.length > 0);
    bar.inert = list.length === 0;
    note.textContent = list.length === 0 ? "" : count(list.length, "change");
  };
  all.addEventListener("input", show);
  all.addEventListener("submit", async (event) => {
    event.preventDefault();
    const list = changed();
    const wrong = list.map((one) => one.check()).find((input) => input !== null);
    if (wrong) return wrong.focus();
    save.disabled = true;
    try {
      const answer = await request("/settings", { method: "PATCH", body: Object.fromEntries(list.map((one) => [one.key, one.value()])) });
      const later = list.filter((one) => one.needsRestart).length;
      if (!answer.unkept) toast(later > 0 ? `Saved. ${count(later, "change")} will count when FAME starts again.` : "Saved.", "ok");
      fill(content, form(answer.settings, content, answer.unkept));
    } catch (error) {
      toast(inWords(error), "bad");
      save.disabled = false;
    }
  });
  show();
  return all;
}

/** That a change counts and is not in the settings file. */
function unkept(reason) {
  return h("div", { class: "notice warn", role: "alert" }, icon("alert"), h("div", { class: "notice-text" },
    h("strong", {}, "This lasts only until FAME is started again"), h("p", {}, saidLong(reason))));
}

function grouped(fields) {
  const groups = new Map();
  for (const one of fields) {
    const dot = one.key.indexOf(".");
    const name = dot < 0 ? "general" : one.key.slice(0, dot);
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return groups;
}

/** One setting: its node, and how to read, compare and check it. */
function field(setting) {
  const id = `setting-${setting.key}`;
  const [control, input, read] = CONTROLS[setting.kind]?.(setting, id) ?? CONTROLS.string(setting, id);
  const problem = h("p", { class: "field-error", id: `${id}-problem` });
  input.setAttribute("aria-describedby", `${id}-help ${id}-problem`);
  const changed = () => JSON.stringify(read()) !== JSON.stringify(setting.value);
  const check = () => {
    const message = changed() ? wrong(setting, read(), input) : "";
    problem.textContent = message;
    input.setAttribute("aria-invalid", String(Boolean(message)));
    return message ? input : null;
  };
  const node = h("div", { class: "setting" },
    h("div", { class: "setting-text" },
      h("label", { for: id, class: "setting-name" }, nameOf(setting)),
      h("p", { class: "muted", id: `${id}-help` }, said(setting.description), setting.needs_restart && [" ", badge("needs a restart", "warn")]),
      problem),
    h("div", { class: "setting-control" }, control));
  input.addEventListener("input", () => {
    node.classList.toggle("changed", changed());
    check();
  });
  return { key: setting.key, needsRestart: setting.needs_restart, node, value: read, changed, check };
}

/** The key's last part in words, without the unit that stands beside the field anyway. */
function nameOf({ key, unit }) {
  const name = key.slice(key.indexOf(".") + 1);
  return heading(visible(unit ? name.replace(/_(ms|seconds)$/, "") : name));
}

function wrong({ kind, min, max, unit }, value, input) {
  if (kind !== "integer" && kind !== "number") return input.validity.tooLong ? "That is too long." : "";
  const range = Number.isFinite(min) && Number.isFinite(max) ? ` from ${min} to ${max}` : "";
  const what = `Enter a ${kind === "integer" ? "whole number" : "number"}${range}${unit ? ` (${unit})` : ""}.`;
  if (value === null || !Number.isFinite(value)) return what;
  if (kind === "integer" && !Number.isInteger(value)) return what;
  return value < (min ?? -Infinity) || value > (max ?? Infinity) ? what : "";
}

/** By kind: what is shown, the input in it, and how its value is read. */
const CONTROLS = {
  boolean: ({ value }, id) => {
    const input = h("input", { type: "checkbox", role: "switch", id, checked: value === true });
    return [h("span", { class: "switch" }, input, h("span", { class: "switch-track", "aria-hidden": "true" })), input, () => input.checked];
  },
  integer: (setting, id) => numeric(setting, id, "1"),
  number: (setting, id) => numeric(setting, id, "any"),
  choice: ({ value, choices }, id) => {
    const input = h("select", { id }, (choices ?? []).map((choice) => h("option", { value: choice, selected: choice === value }, heading(visible(choice)))));
    return [input, input, () => input.value];
  },
  string: ({ value }, id) => {
    const input = h("input", { type: "text", id, maxlength: MAX_STRING, dir: "auto", autocomplete: "off", value: value ?? "" });
    return [input, input, () => (input.value === "" && value === null ? null : input.value)];
  },
};

function numeric({ value, min, max, unit }, id, step) {
  const input = h("input", { type: "number", id, min, max, step, inputmode: "decimal", autocomplete: "off", value });
  return [h("span", { class: "with-unit" }, input, unit && h("span", { class: "unit" }, visible(unit))), input, () => (input.value === "" ? null : input.valueAsNumber)];
}

export default { title: "Settings", mount };
