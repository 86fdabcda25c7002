// The chest map: zones in the colours of their scores, to choose from and to place clips on.

import { drawn } from "../elements.js";
import { DRAGGED } from "./clip_rows.js";
import { announce } from "../notices.js";
import { plural } from "../numbers.js";

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class ChestMap {
  #zones = new Map();

  /** `actions`: choose(zone), and assign(number, zone). */
  constructor(place, chest, actions) {
    this.chest = chest;
    this.actions = actions;
    this.placing = null;
    const { x, y, width, height } = VIEW;
    this.svg = drawn("svg", {
      class: "chest", viewBox: `${x} ${y} ${width} ${height}`, role: "group", "data-own-keys": true,
      "aria-label": "Chest map, as on a radiograph: the patient's right is on the left. Arrow keys move between zones.",
    }, backdrop(chest));
    for (const box of chest) this.svg.append(this.#makeZone(box));
    place.append(this.svg);
    this.#rove(chest[0].zone);
  }

  /** Show each zone's state: {score, clips, review}, by name; and the zone looked at. */
  update(states, chosen) {
    for (const [zone, parts] of this.#zones) {
      const { score = null, clips = 0, review = false } = states.get(zone) ?? {};
      const scored = score !== null;
      parts.node.setAttribute("class", ["zone", scored ? `score-${score}` : clips ? "waiting" : "empty",
        zone === chosen ? "chosen" : ""].join(" ").trim());
      parts.score.textContent = scored ? String(score) : "";
      parts.count.textContent = scored && clips < 2 ? "" : clips ? plural(clips, "clip") : "";
      parts.flag.toggleAttribute("hidden", !review);
      const words = scored ? `score ${score}${review ? ", to review" : ""}` : "no score";
      parts.node.setAttribute("aria-label", `${parts.label}: ${words}, ${plural(clips, "clip")}`);
      parts.node.setAttribute("aria-pressed", String(zone === chosen));
    }
  }

  /** Let the next zone that is chosen take a clip; `done` runs when it has, or on Escape. */
  place(number, zone, name, done) {
    this.placing = { number, done };
    this.svg.classList.add("placing");
    this.#rove(zone && this.#zones.has(zone) ? zone : this.chest[0].zone);
    this.#zones.get(this.here).node.focus();
    announce(`Place ${name}: arrow keys choose a zone, Enter places the clip, Escape leaves it.`);
  }

  stopPlacing() {
    if (!this.placing) return;
    const { done } = this.placing;
    this.placing = null;
    this.svg.classList.remove("placing");
    done();
  }

  #makeZone(box) {
    const { zone, label, x, y, width, height } = box;
    const middle = x + width / 2;
    const side = this.chest.filter((each) => each.side === box.side);
    const wide = width > height;
    const text = (name, dy, words = "") =>
      drawn("text", { class: name, x: middle, y: y + height * dy, "text-anchor": "middle" }, words);
    const parts = {
      label,
      score: text("zone-score", wide ? 0.66 : 0.58),
      count: text("zone-count", wide ? 0.58 : 0.56),
      flag: drawn("g", { class: "zone-flag", transform: `translate(${middle + 9.5} ${y + height * 0.24})` },
        drawn("circle", { r: 3.4 }), drawn("path", { d: "M0-1.9V.5M0 1.7v.05" })),
    };
    parts.node = drawn("g", {
      class: "zone empty", role: "button", tabindex: -1, "data-zone": zone,
      on: {
        click: () => this.#use(zone),
        focus: () => this.#rove(zone),
        keydown: (event) => this.#key(event, box),
        dragover: (event) => this.#over(event, parts.node),
        dragleave: () => parts.node.classList.remove("target"),
        drop: (event) => this.#drop(event, zone, parts.node),
      },
    }, drawn("title", {}, label), drawn("path", { class: "zone-shape", d: zoneOutline(box, side) }),
    parts.score, parts.count, text("zone-name", wide ? 0.9 : 0.8, shortName(box)), parts.flag);
    this.#zones.set(zone, parts);
    return parts.node;
  }

  #use(zone) {
    if (!this.placing) {
      this.actions.choose(zone);
      return;
    }
    const { number } = this.placing;
    this.actions.assign(number, zone);
    this.stopPlacing();
  }

  #key(event, box) {
    if (event.key === "Enter" || event.key === " ") this.#use(box.zone);
    else if (event.key === "Escape" && this.placing) this.stopPlacing();
    else if (event.key in MOVES) this.#move(box, MOVES[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Go to the nearest zone in a direction; what lies straight ahead is nearer than what is aslant. */
  #move(box, [dx, dy]) {
    const centre = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
    const [x, y] = centre(box);
    const cost = (other) => {
      const [otherX, otherY] = centre(other);
      const ahead = (otherX - x) * dx + (otherY - y) * dy;
      const aside = Math.abs((otherX - x) * dy) + Math.abs((otherY - y) * dx);
      return ahead > 1 ? ahead + 2 * aside : Infinity;
    };
    const nearest = this.chest.reduce((best, each) => (cost(each) < cost(best) ? each : best), box);
    if (cost(nearest) < Infinity) this.#zones.get(nearest.zone).node.focus();
  }

  /** One zone at a time is in the tab order. */
  #rove(zone) {
    for (const [name, { node }] of this.#zones) node.setAttribute("tabindex", name === zone ? 0 : -1);
    this.here = zone;
  }

  #over(event, node) {
    if (!event.dataTransfer.types.includes(DRAGGED)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    node.classList.add("target");
  }

  #drop(event, zone, node) {
    node.classList.remove("target");
    const number = event.dataTransfer.getData(DRAGGED);
    if (!number) return;
    event.preventDefault();
    this.actions.assign(Number(number), zone);
  }
}

export const VIEW = { x: 0, y: -17, width: 200, height: 137 };
const OUTER = 17;
const INNER = 3.5;
const LEVELS = { sup: "sup.", mid: "mid.", inf: "inf." };
const TORSO = "M85-17q0 13-15 16Q46 2 31 6 9 12 5 42 2 74 4 127H196q2-53-1-85-4-30-26-36-15-4-39-7-15-3-15-16z";

/** The outline of a zone; corners at the ends of its side of the chest are rounder. */
export function zoneOutline(box, side) {
  if (arePoints(side)) return roundedBox(box);
  const { x, y, width, height } = box;
  const left = Math.min(...side.map((each) => each.x));
  const right = Math.max(...side.map((each) => each.x + each.width));
  const top = Math.min(...side.map((each) => each.y));
  const bottom = Math.max(...side.map((each) => each.y + each.height));
  const most = Math.min(width, height) / 2;
  const corner = (atSide, atEnd) => Math.min(most, atSide && atEnd ? OUTER : INNER);
  const near = (a, b) => Math.abs(a - b) < 0.5;
  const upperLeft = corner(near(x, left), near(y, top));
  const upperRight = corner(near(x + width, right), near(y, top));
  const lowerRight = corner(near(x + width, right), near(y + height, bottom));
  const lowerLeft = corner(near(x, left), near(y + height, bottom));
  return [
    `M${x + upperLeft} ${y}`,
    `H${x + width - upperRight}`, `q${upperRight} 0 ${upperRight} ${upperRight}`,
    `V${y + height - lowerRight}`, `q0 ${lowerRight} ${-lowerRight} ${lowerRight}`,
    `H${x + lowerLeft}`, `q${-lowerLeft} 0 ${-lowerLeft} ${-lowerLeft}`,
    `V${y + upperLeft}`, `q0 ${-upperLeft} ${upperLeft} ${-upperLeft}z`,
  ].join("");
}

/** Sternum, names of sides, and headings where a column has one aspect. */
export function backdrop(chest) {
  const middle = 100;
  const parts = [
    arePoints(chest) ? drawn("path", { class: "torso", d: TORSO }) : null,
    drawn("path", { class: "sternum", d: `M${middle} -2V118` }),
    drawn("path", { class: "ribs", d: [0, 1, 2, 3, 4].map((rib) => {
      const y = 12 + 24 * rib;
      return `M${middle} ${y}q-3 1.5-4.5 4M${middle} ${y}q3 1.5 4.5 4`;
    }).join("") }),
    sideName(4, "start", "RIGHT"),
    sideName(196, "end", "LEFT"),
  ];
  for (const side of ["right", "left"]) {
    const boxes = chest.filter((box) => box.side === side);
    for (const { x, words } of columnHeadings(boxes))
      parts.push(drawn("text", { class: "column-name", x, y: -1, "text-anchor": "middle" }, words));
  }
  return drawn("g", { class: "backdrop", "aria-hidden": "true" }, parts);
}

/** Points on the body, rather than parts of a divided side, have names as short as L1. */
function arePoints(boxes) {
  return boxes.every(({ zone }) => zone.length <= 3);
}

function roundedBox({ x, y, width, height }) {
  const r = 6;
  return `M${x + r} ${y}h${width - 2 * r}q${r} 0 ${r} ${r}v${height - 2 * r}q0 ${r}-${r} ${r}h${2 * r - width}q-${r} 0-${r}-${r}v${2 * r - height}q0-${r} ${r}-${r}z`;
}

/** What a zone is called inside its outline, below its side and its column's heading. */
export function shortName({ zone, label, side }) {
  if (zone.length <= 3) return zone;
  return LEVELS[zone.split("-").pop()] ?? label.replace(`${side} `, "").split(" ").pop();
}

function sideName(x, anchor, words) {
  return drawn("text", { class: "side-name", x, y: -10, "text-anchor": anchor }, words);
}

function columnHeadings(boxes) {
  const columns = grouped(boxes);
  const headings = [];
  for (const column of columns.values()) {
    const aspects = new Set(column.map((box) => box.label.split(" ")[1]));
    if (aspects.size !== 1 || arePoints(column)) continue;
    headings.push({ x: column[0].x + column[0].width / 2, words: [...aspects][0] });
  }
  return headings;
}

function grouped(boxes) {
  const columns = new Map();
  for (const box of boxes) columns.set(box.x, [...(columns.get(box.x) ?? []), box]);
  return columns;
}
