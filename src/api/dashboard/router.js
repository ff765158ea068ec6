/** Sections by the address's hash: `#/turns/12` is the section `turns` with the argument `12`. */

/**
 * @param {Object<string, {title: string, mount: function(HTMLElement, AbortSignal, string): (void|function(string): boolean)}>} pages
 *   `mount` fills the element, and stops listening when the signal is aborted. What it returns, if
 *   anything, is given a new argument while the section stays, and says whether it took it.
 * @param {HTMLElement} main where sections go
 * @param {function(string): void} entered called with the section's name
 */
export function startRouter(pages, main, entered) {
  let current = null;
  const go = () => {
    const [, name = "", argument = ""] = /^#\/([a-z]*)(?:\/([^/]*))?$/.exec(location.hash) ?? [];
    const page = pages[name];
    if (!page) {
      location.replace("#/live");
      return;
    }
    if (current?.name === name) {
      if (current.update?.(argument)) return;
    }
    const first = current === null;
    const same = current?.name === name;
    current?.stop.abort();
    const stop = new AbortController();
    current = { name, stop, update: null };
    main.replaceChildren();
    const title = document.createElement("h1");
    title.tabIndex = -1;
    title.textContent = page.title;
    const head = document.createElement("div");
    head.className = "page-head";
    head.append(title);
    const body = document.createElement("div");
    body.className = `page page-${name}`;
    main.append(head, body);
    document.title = `${page.title} · FAME`;
    current.update = page.mount(body, stop.signal, argument, head) ?? null;
    entered(name);
    if (!first && !same) {
      scrollTo(0, 0);
      // A screen reader hears where it is, and Tab goes on from there.
      title.focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", () => {
    // The skip link's target is no section.
    if (location.hash !== "#main") go();
  });
  go();
}
