// The chest map: zones in the colours of their scores, to choose from and to place clips on.

import { drawn } from "../elements.js";
import { announce } from "../notices.js";
import { plural } from "../numbers.js";
import { VIEW, backdrop, shortName, zoneOutline } from "./chest_drawing.js";
import { DRAGGED } from "./clip_rows.js";

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
