// Lists the clips of the exam: picture, name, zone, score. Rows stay, so that the focus does.

import { element, icon, show } from "../elements.js";
import { zoneOptions } from "./zones.js";
import { scoreChip } from "../numbers.js";
import { pageData } from "../page_data.js";

const CROSS = "m6 6 12 12M18 6 6 18";
export const DRAGGED = "application/x-lusscore-clip";

export class ClipRows {
  #rows = new Map();

  /** `actions`: choose, place, setZone and remove, each with a clip's number first. */
  constructor(list, session, actions) {
    this.list = list;
    this.session = session;
    this.actions = actions;
    session.addEventListener("change", () => this.update());
    session.addEventListener("select", () => this.#mark());
  }

  update() {
    const clips = this.session.view?.clips ?? [];
    const numbers = new Set(clips.map((clip) => clip.number));
    for (const [number, row] of this.#rows)
      if (!numbers.has(number)) {
        const beside = row.node.nextElementSibling ?? row.node.previousElementSibling;
        // the focus goes on to a neighbour, not back to the top of the page
        if (row.node.contains(document.activeElement)) beside?.querySelector("button").focus();
        row.node.remove();
        this.#rows.delete(number);
      }
    const folders = new Set(clips.map(({ name }) => name.split("/").slice(0, -1).join("/")));
    this.list.classList.toggle("one-folder", folders.size < 2);
    clips.forEach((clip, place) => {
      if (!this.#rows.has(clip.number)) this.#rows.set(clip.number, this.#make(clip));
      const row = this.#rows.get(clip.number);
      if (this.list.children[place] !== row.node) this.list.insertBefore(row.node, this.list.children[place] ?? null);
      this.#fill(row, clip);
    });
    this.#mark();
  }

  focus(number) {
    this.#rows.get(number)?.choose.focus();
  }

  reveal(number) {
    this.#rows.get(number)?.node.scrollIntoView({ block: "nearest" });
  }

  #make(clip) {
    const { number } = clip;
    const parts = clip.name.split("/");
    const file = parts.pop();
    const thumbnail = element("img", {
      src: `${this.session.path}/clips/${number}/thumbnail`, alt: "", width: 72, height: 54,
      draggable: "false", loading: "lazy",
    });
    const badge = element("span", { class: "badge" });
    const choose = element("button", {
      type: "button", class: "clip-choose", title: clip.name,
      on: { click: () => this.actions.choose(number) },
    }, element("span", { class: "clip-name" }, file, parts.length ? element("small", {}, parts.join("/")) : null));
    // beside the button, for some browsers start no drag from within one
    const picture = element("span", {
      class: "thumb", on: { click: () => this.actions.choose(number) },
    }, thumbnail, badge);
    const zone = element("select", {
      "aria-label": `Zone of ${file}`,
      on: { change: () => this.actions.setZone(number, zone.value) },
    }, zoneOptions(pageData.protocol.zones, "no zone"));
    const remove = element("button", {
      type: "button", class: "quiet square clip-remove", "aria-label": `Remove ${file}`, title: "Remove",
      on: { click: () => this.actions.remove(number) },
    }, icon(CROSS));
    const note = element("p", { class: "clip-note" });
    const node = element("li", {
      class: "clip-row", draggable: "true",
      on: {
        dragstart: (event) => this.#drag(event, number),
        dragend: () => node.classList.remove("dragged"),
        keydown: (event) => this.#key(event, number),
      },
    }, picture, choose, remove, zone, note);
    return { node, choose, zone, badge, note };
  }

  #fill({ zone, badge, note, node, choose }, clip) {
    if (zone.value !== clip.zone) zone.value = clip.zone;
    zone.classList.toggle("unset", !clip.zone);
    const { prediction } = clip;
    badge.replaceChildren(...(prediction ? [scoreChip(prediction.score)] : []));
    const warning = clip.error || (clip.zone ? "" : clip.zone_warning || "Choose its zone.") || clip.zone_warning;
    const review = prediction?.review.length ? "Review" : "";
    note.textContent = warning || review;
    note.className = `clip-note ${clip.error ? "bad" : warning ? "warning" : "review"}`;
    show(note, Boolean(note.textContent));
    node.classList.toggle("failed", Boolean(clip.error));
    choose.setAttribute("aria-label", described(clip));
  }

  #mark() {
    for (const [number, { node, choose }] of this.#rows) {
      const chosen = number === this.session.selected;
      node.classList.toggle("chosen", chosen);
      choose.setAttribute("aria-pressed", String(chosen));
    }
  }

  #drag(event, number) {
    event.dataTransfer.setData(DRAGGED, String(number));
    event.dataTransfer.effectAllowed = "move";
    event.currentTarget.classList.add("dragged");
  }

  #key(event, number) {
    if (event.target.tagName === "SELECT" || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...this.#rows.keys()];
    const beside = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "z" || event.key === "Z") this.actions.place(number);
    else if (event.key === "Delete") this.actions.remove(number);
    else if (beside) {
      const order = this.session.view.clips.map((clip) => clip.number).filter((each) => rows.includes(each));
      this.focus(order[order.indexOf(number) + beside]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function described({ name, zone, prediction, error }) {
  const score = prediction ? `score ${prediction.score}${prediction.review.length ? ", to review" : ""}` : "not scored";
  return `${name.split("/").pop()}, ${zone || "no zone"}, ${error ? "could not be scored" : score}`;
}
