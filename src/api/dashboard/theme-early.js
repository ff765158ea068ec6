// Runs before the first paint, so that a chosen theme does not flash. Not a module: those wait.
(() => {
  try {
    const theme = localStorage.getItem("fame.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the system's theme is fine then.
  }
})();
