// The probability of each score, frame after frame; a click or the arrow keys go to a frame.

import { drawn } from "../elements.js";
import { percent, SCORES } from "../numbers.js";

const WIDTH = 1000;
const TOP = 18;
const HEIGHT = 84;
const STRIP = 10;
const MOST_COLUMNS = 240;

export class Timeline {
  /** `onRow` gets the scored frame that was asked for. */
  constructor(place, onRow) {
    this.place = place;
    this.onRow = onRow;
  }

  clear() {
    this.place.replaceChildren();
    this.cursor = null;
  }

  draw({ frames, times, frame_probabilities: probabilities, frame_scores: scores, key_frame: key }) {
    this.count = frames.length;
    this.describe = (row) => describedFrame(row, frames, times, scores, probabilities);
    const width = WIDTH / this.count;
    const groups = grouped(this.count);
    const areas = SCORES.map((score) => drawn("path", { class: `area score-${score}`, d: groups.map(({ from, to }) => {
      const share = (upTo) => mean(probabilities.slice(from, to).map((row) => sum(row.slice(0, upTo))));
      return box(from * width, to * width, TOP + HEIGHT * (1 - share(score)), TOP + HEIGHT * (1 - share(score + 1)));
    }).join("") }));
    const strip = SCORES.map((score) => drawn("path", { class: `area score-${score}`, d: scores.map((each, row) =>
      (each === score ? box(row * width, (row + 1) * width, 0, STRIP) : "")).join("") }));
    this.cursor = drawn("path", { class: "cursor", d: "" });
    const svg = drawn("svg", {
      class: "timeline", viewBox: `0 -2 ${WIDTH} ${TOP + HEIGHT + 4}`, preserveAspectRatio: "none",
      role: "slider", tabindex: 0, "aria-labelledby": "timeline-title", "data-own-keys": true,
      "aria-valuemin": 0, "aria-valuemax": this.count - 1,
      on: {
        pointerdown: (event) => this.#grab(event),
        pointermove: (event) => event.buttons && this.#go(event),
        keydown: (event) => this.#key(event),
      },
    }, ...strip, ...areas, drawn("path", { class: "key-frame", d: `M${(key + 0.5) * width} ${TOP}V${TOP + HEIGHT}` }), this.cursor);
    this.svg = svg;
    this.place.replaceChildren(svg, labels(frames, times, key));
    this.show(0);
  }

  /** Put the cursor on a scored frame. */
  show(row) {
    if (!this.cursor) return;
    this.row = row;
    const x = ((row + 0.5) * WIDTH) / this.count;
    this.cursor.setAttribute("d", `M${x} -2V${TOP + HEIGHT + 2}`);
    this.svg.setAttribute("aria-valuenow", row);
    this.svg.setAttribute("aria-valuetext", this.describe(row));
  }

  #grab(event) {
    this.svg.setPointerCapture(event.pointerId);
    this.#go(event);
  }

  #go(event) {
    const { left, width } = this.svg.getBoundingClientRect();
    const row = Math.floor(((event.clientX - left) / width) * this.count);
    this.onRow(Math.min(this.count - 1, Math.max(0, row)), 0);
  }

  #key(event) {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
    if (event.key in steps) this.onRow(this.row, steps[event.key]);
    else if (event.key === "Home") this.onRow(0, 0);
    else if (event.key === "End") this.onRow(this.count - 1, 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Of very many frames neighbours share a column. */
function grouped(count) {
  const columns = Math.min(count, MOST_COLUMNS);
  return Array.from({ length: columns }, (_, at) => ({
    from: Math.floor((at * count) / columns), to: Math.floor(((at + 1) * count) / columns),
  }));
}

function box(left, right, low, high) {
  // a hair wider, so that no light falls between neighbours
  return `M${left} ${low}V${high}H${right + 0.4}V${low}z`;
}

function labels(frames, times, key) {
  const timed = typeof times[0] === "number" && times.at(-1) > times[0];
  const name = (row) => (timed ? `${times[row].toFixed(1)} s` : `frame ${frames[row]}`);
  const line = document.createElement("p");
  line.className = "timeline-labels fine";
  const words = [name(0), `dashed: key frame (${name(key)}) · strip on top: score of each frame`, name(frames.length - 1)];
  for (const each of words) {
    const part = document.createElement("span");
    part.textContent = each;
    line.append(part);
  }
  return line;
}

function describedFrame(row, frames, times, scores, probabilities) {
  const seconds = typeof times[row] === "number" ? `, ${times[row].toFixed(2)} seconds` : "";
  const shares = probabilities[row].map((share, score) => `${score}: ${percent(share)}`).join(", ");
  return `Frame ${frames[row]}${seconds}: score ${scores[row]} (${shares})`;
}

function sum(values) {
  return values.reduce((total, value) => total + (value ?? 0), 0);
}

function mean(values) {
  return sum(values) / values.length;
}
