// The global score, its bounds, what to review, and the exports.

import { byId, drawn, element, icon, show } from "../elements.js";
import { zoneWarnings } from "./zones.js";
import { plural, scoreChip } from "../numbers.js";
import { pageData, zoneLabels } from "../page_data.js";

const WARNING = "M12 4 3 19.5h18zM12 10v4.5M12 17v.01";
const MOST_AT_FIRST = 3;

export class Summary {
  /** `actions`: chooseClip(number). */
  constructor(place, session, actions) {
    this.place = place;
    this.session = session;
    this.actions = actions;
    session.addEventListener("change", () => this.update());
  }

  update() {
    const { view, busy } = this.session;
    if (!view) return;
    // nothing is drawn anew until something changes, so that the focus stays
    const shown = JSON.stringify([view.result, view.error, busy, view.clips.map((clip) => [clip.number, clip.zone, clip.error, clip.scored])]);
    if (shown === this.shown) return;
    this.shown = shown;
    const { result } = view;
    this.place.replaceChildren(...[
      view.error ? element("p", { class: "bad" }, view.error) : null,
      ...(result ? this.#result(view, result) : [this.#nothing(busy)]),
    ].filter(Boolean));
  }

  #nothing(busy) {
    const { maximum, zones, name } = pageData.protocol;
    return element("p", { class: "muted not-yet" }, busy
      ? "The global score will appear here when all clips are scored."
      : `Not scored yet. The global score of ${name} is the sum over ${zones.length} zones, 0 to ${maximum}.`);
  }

  #result(view, result) {
    const { total, maximum, zones, zones_of_protocol: all } = result;
    return [
      total === null
        ? element("p", { class: "global none", id: "global-score" }, element("strong", {}, "none"))
        : element("p", { class: "global", id: "global-score" },
          element("strong", {}, String(total)), element("span", {}, ` of ${maximum}`)),
      total === null ? null : boundsDrawing(result),
      element("p", { class: "bounds" }, boundsWords(result)),
      element("p", { class: "fine" }, `${zones.length} of ${plural(all, "zone")} scored. Research use only.`),
      pageData.model.verdict
        ? element("p", { class: "fine performance" }, element("strong", {}, "Model performance. "), pageData.model.verdict)
        : null,
      this.#flags(view, result),
      result.notes.length
        ? element("ul", { class: "sentences" }, result.notes.map((note) => element("li", {}, note)))
        : null,
    ];
  }

  /** What to look at, each a button that shows it: zones of several clips, then clips. */
  #flags(view, { zones }) {
    const together = zones.filter((zone) => zoneWarnings(zone).length);
    const flagged = view.clips.filter((clip) => clip.error || clip.prediction?.review.length);
    const items = [
      ...together.map((zone) => this.#flag(zone.clips[0], zone.score,
        `${zone.label}, ${plural(zone.clips.length, "clip")} together`, zoneWarnings(zone))),
      ...flagged.map((clip) => this.#flag(clip.number, clip.prediction?.score ?? null,
        zoneLabels.get(clip.zone) ?? clip.name.split("/").pop(), clip.error ? [clip.error] : clip.prediction.review)),
    ];
    const counts = [
      together.length ? plural(together.length, "zone") : "",
      flagged.length ? plural(flagged.length, "clip") : "",
    ].filter(Boolean).join(" and ");
    return element("div", { class: items.length ? "flags some" : "flags" },
      element("h3", {}, items.length ? icon(WARNING) : null, counts ? `${counts} to review` : "No clip is marked for review."),
      items.length ? element("ul", {}, this.#few(items)) : null);
  }

  #flag(number, score, title, sentences) {
    return element("li", {}, element("button", {
      type: "button", class: "flag", on: { click: () => this.actions.chooseClip(number) },
    }, score === null ? icon(WARNING) : scoreChip(score),
    element("span", {}, title, sentences.map((sentence) => element("small", {}, sentence)))));
  }

  /** The first of many, and a button for all: a list that is cut by its box looks complete. */
  #few(items) {
    if (items.length <= MOST_AT_FIRST + 1 || this.all) return items;
    const rest = items.slice(MOST_AT_FIRST);
    for (const item of rest) show(item, false);
    const more = element("button", { type: "button", class: "small more-flags", on: { click: () => {
      this.all = true;
      for (const item of rest) show(item, true);
      rest[0].querySelector("button").focus();
      more.remove();
    } } }, `Show ${rest.length} more`);
    return [...items, element("li", {}, more)];
  }
}

function boundsWords({ lowest, highest, zones, zones_of_protocol: all }) {
  const missing = all - zones.length;
  if (!zones.length) return "No zone has a score: place clips on the chest map.";
  if (!missing) return "All zones have a score.";
  return `${plural(missing, "zone")} ${missing === 1 ? "has" : "have"} no score; with ${missing === 1 ? "it" : "them"} it would be from ${lowest} to ${highest}.`;
}

function boundsDrawing({ total, lowest, highest, maximum }) {
  const at = (score) => (200 * score) / maximum;
  return drawn("svg", { class: "bounds-drawing", viewBox: "-8 0 216 26", role: "img", "aria-label": `${total} on a scale from 0 to ${maximum}, at most ${highest}` },
    drawn("rect", { class: "scale", x: 0, y: 6, width: 200, height: 6, rx: 3 }),
    drawn("rect", { class: "open", x: at(lowest), y: 6, width: Math.max(0, at(highest) - at(lowest)), height: 6 }),
    drawn("rect", { class: "sum", x: 0, y: 6, width: at(total), height: 6, rx: 3 }),
    drawn("circle", { class: "point", cx: at(total), cy: 9, r: 5 }),
    drawn("text", { x: 0, y: 24, "text-anchor": "start" }, "0"),
    drawn("text", { x: 200, y: 24, "text-anchor": "end" }, String(maximum)));
}

export class Downloads {
  constructor(session) {
    this.session = session;
    this.withNames = byId("with-names");
    this.withNames.addEventListener("change", () => this.update());
    session.addEventListener("change", () => this.update());
  }

  update() {
    const { view } = this.session;
    show(byId("downloads"), Boolean(view?.result));
    if (!view?.result) return;
    const names = this.withNames.checked ? "names=1" : "";
    const open = ["view=1", names].filter(Boolean).join("&");
    byId("open-report").href = `${this.session.path}/report.html?${open}`;
    for (const link of document.querySelectorAll("[data-document]"))
      link.href = `${this.session.path}/${link.dataset.document}${names && `?${names}`}`;
  }
}
