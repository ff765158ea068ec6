/** Numbers, sizes and times as people read them. */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** Milliseconds, with as many digits as matter: `0.4 ms`, `38 ms`, `1.24 s`, `2 min 5 s`. */
export function ms(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 9.95) return `${Number(value.toFixed(1))} ms`;
  if (value < 999.5) return `${Math.round(value)} ms`;
  if (value < 60_000) return `${(value / 1000).toFixed(value < 9_995 ? 2 : 1)} s`;
  return span(value / 1000);
}

/** Seconds in the two largest units: `3 d 4 h`, `2 min 5 s`. */
export function span(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  let rest = Math.max(0, Math.round(seconds));
  const parts = [];
  for (const [unit, size] of [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]]) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 || (unit === "s" && parts.length === 0)) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}

/** Bytes with binary units. */
export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  let rest = value;
  while (rest >= 1024 && power < units.length - 1) {
    rest /= 1024;
    power += 1;
  }
  return `${power === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[power]}`;
}

/** A probability, 0 to 1, in per cent. */
export function percent(value) {
  return Number.isFinite(value) ? `${Math.round(value * 100)} %` : "–";
}

/** How many of what. */
export function count(number, one, many = `${one}s`) {
  return `${Number(number ?? 0).toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** When it was: the clock today, the day as well before. Takes RFC 3339. */
export function when(at) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "";
  return date.toDateString() === new Date().toDateString() ? CLOCK.format(date) : DAY.format(date);
}

/** The whole date, for a tooltip. */
export function whenFull(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : FULL.format(date);
}

/** A name of the code's, such as `first_sound`, as words. */
export function words(name) {
  return String(name ?? "").replaceAll("_", " ");
}

/** Likewise with a capital. */
export function heading(name) {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
