/** Reads the `text/event-stream` format from pieces of text as they come. */

/** A line or an event's data longer than this ends the stream: no event of FAME's comes near. */
export const MAX_EVENT = 4 * 1024 * 1024;

export class SseParser {
  #rest = "";
  #id = "";
  #data = [];
  #size = 0;
  #topic = "";
  #afterReturn = false;
  #begun = false;

  /**
   * @param {string} text the next piece; it may end anywhere, even between CR and LF
   * @returns {{id: string, topic: string, data: string}[]} the events that it completes
   * @throws {RangeError} if an event is larger than `MAX_EVENT`
   */
  push(text) {
    let piece = text;
    if (!this.#begun && piece) {
      this.#begun = true;
      if (piece.startsWith("\ufeff")) piece = piece.slice(1);
    }
    if (this.#afterReturn && piece) {
      this.#afterReturn = false;
      if (piece.startsWith("\n")) piece = piece.slice(1);
    }
    if (piece.endsWith("\r")) this.#afterReturn = true;
    const lines = (this.#rest + piece).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > MAX_EVENT) throw new RangeError("an event is too large");
    const events = [];
    for (const line of lines) this.#line(line, events);
    return events;
  }

  #line(line, events) {
    if (line === "") {
      if (this.#data.length > 0) events.push({ id: this.#id, topic: this.#topic || "message", data: this.#data.join("\n") });
      this.#data = [];
      this.#size = 0;
      this.#topic = "";
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "data") {
      this.#size += value.length + 1;
      if (this.#size > MAX_EVENT) throw new RangeError("an event is too large");
      this.#data.push(value);
    } else if (field === "event") {
      this.#topic = value;
    } else if (field === "id" && !value.includes("\0")) {
      this.#id = value;
    }
  }
}
