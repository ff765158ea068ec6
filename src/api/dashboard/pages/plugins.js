/** Plugins: how they are, what they may do, and switches. */

import { request } from "/dashboard/api.js";
import { fill, h, icon } from "/dashboard/dom.js";
import { onTopic } from "/dashboard/events.js";
import { count } from "/dashboard/format.js";
import { said, saidLong } from "/dashboard/text.js";
import { badge, button, code, empty, gathered, inWords, keepingFocus, loader, toast } from "/dashboard/ui.js";

/** More intents than these are folded. */
const INTENTS_SHOWN = 8;

const STATES = {
  loading: ["starting", "accent"],
  loaded: ["works", "ok"],
  disabled: ["switched off", "plain"],
  needs_grant: ["waits for a grant", "warn"],
  broken: ["broken", "bad"],
  unknown: ["unknown", "warn"],
};

function mount(body, signal) {
  const content = h("div", { class: "stack-large" });
  body.append(content);
  const load = loader(content, () => request("/plugins", { signal }), ({ plugins }) => {
    if (plugins.length === 0) {
      fill(content, empty("plugins", "No plugins", "FAME has found none. The settings say in which folders it looks."));
      return;
    }
    const ill = plugins.filter(({ state }) => state === "broken" || state === "needs_grant").length;
    keepingFocus(content, () => fill(content,
      h("p", { class: "muted" }, `${count(plugins.length, "plugin")}, ${plugins.filter(({ answers }) => answers).length} answering`,
        ill > 0 && `, ${ill} in need of you`, "."),
      h("div", { class: "plugin-grid" }, plugins.map((plugin) => card(plugin, load)))));
  }, signal);
  onTopic("plugin.changed", gathered(load, 300, signal), signal);
  load();
}

function card(plugin, changed) {
  const [state, tone] = STATES[plugin.state] ?? STATES.unknown;
  const act = (action, name) => button(name, {
    "data-focus": `${action} ${plugin.id}`,
    "aria-label": `${name} ${plugin.name || plugin.id}`,
    on: async () => {
      try {
        await request(`/plugins/${encodeURIComponent(plugin.id)}/${action}`, { method: "POST" });
        toast(`${plugin.name || plugin.id}: ${DONE[action]}`, "ok");
      } catch (error) {
        toast(inWords(error), "bad");
      }
      await changed();
    },
  });
  const place = [plugin.file, plugin.line, plugin.column].filter((part) => part !== null && part !== undefined).join(":");
  return h("article", { class: `card plugin ${plugin.state}` },
    h("div", { class: "plugin-head" },
      h("div", {}, h("h2", {}, said(plugin.name || plugin.id)),
        h("p", { class: "plugin-id" }, code(plugin.id), plugin.version && said(plugin.version, { class: "muted" }),
          !plugin.folder && h("span", { class: "muted" }, "part of FAME"))),
      badge(state, tone)),
    plugin.summary && h("p", {}, saidLong(plugin.summary)),
    plugin.reason && h("div", { class: `notice ${tone === "bad" ? "bad" : "warn"}` }, icon("alert"),
      h("div", { class: "notice-text" }, saidLong(plugin.reason), place && h("p", {}, code(place)))),
    plugin.state === "needs_grant" && h("div", { class: "notice warn" }, icon("key"), h("div", { class: "notice-text" },
      plugin.new?.length > 0 && h("p", {}, "New: ", plugin.new.map((name, at) => [at > 0 && ", ", code(name)])),
      h("p", {}, "Look at what it asks for, then let it run with ", code(`fame plugins grant ${plugin.id}`), "."))),
    plugin.answers && plugin.state !== "loaded" && h("p", { class: "muted" }, "An earlier version answers meanwhile."),
    h("h3", {}, plugin.state === "needs_grant" ? "Asks to" : "May"),
    plugin.permissions.length + plugin.hosts.length === 0
      ? h("p", { class: "muted" }, "Nothing beyond answering")
      : h("ul", { class: "permissions" }, plugin.permissions.map(({ permission, meaning }) =>
        h("li", {}, icon("check"), h("span", {}, said(meaning || permission), meaning && [" ", code(permission)]))),
        plugin.hosts.map((host) => h("li", {}, icon("check"), h("span", {}, "reach ", code(host))))),
    plugin.intents.length > 0 && intents(plugin.intents),
    h("div", { class: "actions" },
      plugin.state === "disabled" ? act("enable", "Enable") : act("disable", "Disable"),
      plugin.state !== "disabled" && act("reload", "Reload")));
}

const DONE = { enable: "switched on", disable: "switched off", reload: "started anew" };

function intents(names) {
  const chips = (list) => list.map((name) => h("li", {}, code(name)));
  const list = h("ul", { class: "chips", "aria-label": "Intents" }, chips(names.slice(0, INTENTS_SHOWN)));
  if (names.length > INTENTS_SHOWN) {
    const all = h("button", { type: "button", class: "link", on: { click: () => fill(list, chips(names)) } }, `${names.length - INTENTS_SHOWN} more`);
    list.append(h("li", {}, all));
  }
  return h("div", {}, h("h3", {}, "Intents"), list);
}

export default { title: "Plugins", mount };
