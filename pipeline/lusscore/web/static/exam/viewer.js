// The clip that is looked at: frames, saliency map, timeline, prediction.

import { askBytes } from "../ask.js";
import { byId, element, icon, show } from "../elements.js";
import { Timeline } from "./timeline.js";
import { zoneWarnings } from "./zones.js";
import { percent, plural, probabilityBars, scoreChip, SCORES } from "../numbers.js";
import { pageData, zoneLabels } from "../page_data.js";
import { FramePlayer, isForPage } from "../player/frame_player.js";
import { SaliencyMaps, unpackMaps, unpackPictures } from "../player/saliency_map.js";

export class Viewer {
  #shown = "";

  constructor(session, labelForm) {
    this.session = session;
    this.labelForm = labelForm;
    this.root = byId("viewer");
    this.player = new FramePlayer(this.root.querySelector('[data-part="player"]'));
    this.timeline = new Timeline(byId("timeline"), (row, by) => this.#goToRow(row, by));
    this.showMap = byId("show-map");
    this.showOutline = byId("show-outline");
    this.strength = byId("map-strength");
    this.mapScores = byId("map-scores");
    this.#makeMapChoice();
    this.player.addEventListener("frame", (event) => this.#frame(event.detail));
    for (const control of [this.showMap, this.strength, this.mapScores])
      control.addEventListener("input", () => this.#paintMap());
    this.showOutline.addEventListener("change", () => this.#outline());
    byId("previous-clip").addEventListener("click", () => this.#beside(-1));
    byId("next-clip").addEventListener("click", () => this.#beside(1));
    addEventListener("keydown", (event) => this.#key(event));
    session.addEventListener("change", () => this.update());
    session.addEventListener("select", () => this.update());
  }

  update() {
    const clip = this.session.clip(this.session.selected);
    show(this.root, Boolean(clip));
    if (!clip) {
      if (this.#shown) this.player.clear("");
      this.#shown = "";
      return;
    }
    byId("viewer-title").textContent = title(clip);
    byId("viewer-score").replaceChildren(...(clip.prediction ? [scoreChip(clip.prediction.score)] : []));
    byId("prediction").replaceChildren(...predictionPanel(clip, this.session.view.result?.zones ?? []));
    this.labelForm.show(clip);
    // the same clip scored again is another one to look at
    const wanted = JSON.stringify([this.session.view.id, clip.number, clip.scored, clip.error, clip.prediction]);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    this.#load(clip, wanted);
  }

  async #load(clip, wanted) {
    const path = `${this.session.path}/clips/${clip.number}`;
    this.prediction = null;
    this.maps = null;
    this.timeline.clear();
    show(byId("map-controls"), false);
    show(this.root.querySelector(".timeline-box"), false);
    this.player.clear(clip.prediction ? "Loading…" : "");
    try {
      if (clip.prediction) await this.#loadPrediction(clip, path, wanted);
      else await this.#loadThumbnail(path, wanted);
    } catch (error) {
      if (error.name !== "Refusal") throw error;
      if (wanted === this.#shown) this.player.say(error.message);
    }
  }

  async #loadThumbnail(path, wanted) {
    const blob = new Blob([await askBytes(`${path}/thumbnail`)], { type: "image/jpeg" });
    if (wanted !== this.#shown) return;
    await this.player.load([blob]);
    this.player.say("First frame. Score the exam to see all of the clip.");
  }

  async #loadPrediction(clip, path, wanted) {
    const [prediction, pictures, maps] = await Promise.all([
      this.session.askExam("GET", `/clips/${clip.number}/prediction`),
      askBytes(`${path}/pictures`), askBytes(`${path}/maps`),
    ]);
    if (wanted !== this.#shown) return;
    const { rows } = prediction.pictures;
    const key = nearest(rows, prediction.key_frame);
    this.prediction = prediction;
    this.maps = new SaliencyMaps(unpackMaps(maps), prediction.maps, prediction.pictures);
    this.#chooseMap(prediction.score);
    byId("map-note").textContent = mapNote(prediction);
    byId("map-note").classList.toggle("approximate", !prediction.maps.exact);
    this.#drawTimeline(prediction);
    show(byId("map-controls"), true);
    show(this.root.querySelector(".timeline-box"), true);
    this.showOutline.disabled = !prediction.pictures.outline.length;
    await this.player.load(unpackPictures(pictures), {
      times: rows.map((row) => prediction.times[row]),
      numbers: rows.map((row) => prediction.frames[row]),
      first: key,
    });
    this.#outline();
  }

  /** Frames that have no scores of their own are not drawn as if they had. */
  #drawTimeline(prediction) {
    const whole = pageData.model.whole_clips;
    show(byId("timeline-title"), !whole);
    show(byId("whole-clips"), whole);
    if (!whole) this.timeline.draw(prediction);
  }

  #frame(at) {
    if (!this.prediction) return;
    this.timeline.show(this.prediction.pictures.rows[at]);
    this.#paintMap();
  }

  #paintMap() {
    const shown = this.showMap.checked && Boolean(this.maps);
    this.player.overlay.hidden = !shown;
    if (shown) this.maps.paint(this.player.overlay, this.player.at, this.mapScore, Number(this.strength.value) / 75);
  }

  #outline() {
    if (this.prediction) this.player.setOutline(this.prediction.pictures.outline, this.showOutline.checked);
  }

  /** Go to the picture nearest to a scored frame, then on by some pictures. */
  #goToRow(row, by) {
    if (!this.prediction) return;
    this.player.pause();
    this.player.show(nearest(this.prediction.pictures.rows, row) + by);
  }

  get mapScore() {
    return Number(this.mapScores.querySelector("input:checked").value);
  }

  #makeMapChoice() {
    this.mapScores.append("for score", ...SCORES.map((score) =>
      element("label", { class: `pick small score-${score}` },
        element("input", { type: "radio", name: "map-score", value: score }), element("span", {}, String(score)))));
  }

  #chooseMap(score) {
    this.mapScores.querySelector(`input[value="${score}"]`).checked = true;
  }

  #beside(by) {
    const numbers = this.session.view.clips.map((clip) => clip.number);
    const place = numbers.indexOf(this.session.selected) + by;
    if (numbers[place] !== undefined) this.session.select(numbers[place]);
  }

  #key(event) {
    if (this.root.hidden || !isForPage(event)) return;
    const key = event.key.toLowerCase();
    const atStage = this.root.contains(event.target);
    if (key === "m") this.showMap.click();
    else if (key === "o") this.showOutline.click();
    else if (key === "n") this.#beside(1);
    else if (key === "p") this.#beside(-1);
    else if (atStage && ["0", "1", "2", "3"].includes(key)) this.labelForm.choose(Number(key));
    else if (["home", "end"].includes(key) && !atStage) return;
    else if (!this.player.key(event)) return;
    event.preventDefault();
  }
}

function title(clip) {
  const label = zoneLabels.get(clip.zone);
  const file = clip.name.split("/").pop();
  return label ? `${label[0].toUpperCase()}${label.slice(1)} – ${file}` : file;
}

function nearest(rows, row) {
  return rows.reduce((best, each, at) => (Math.abs(each - row) < Math.abs(rows[best] - row) ? at : best), 0);
}

function mapNote({ maps, outside }) {
  const share = outside === null ? "" : ` ${Math.round(100 * outside)} % of the evidence for this score lies outside the sector.`;
  if (maps.exact) return `Exact attribution: the map sums to the model output.${share}`;
  return `Approximate. ${maps.note}${share}`;
}

const WARNING = "M12 4 3 19.5h18zM12 10v4.5M12 17v.01";

/** `zones`: of the exam's result. */
export function predictionPanel(clip, zones) {
  const { prediction } = clip;
  if (clip.error) return [element("p", { class: "bad" }, clip.error)];
  if (!prediction) return [element("p", { class: "muted" }, "This clip is not scored yet.")];
  return [
    element("div", { class: "verdict" }, scoreChip(prediction.score, "large"),
      element("div", {},
        element("p", { class: "verdict-score" }, `Score ${prediction.score}`),
        element("p", { class: "muted" }, `${percent(prediction.confidence)} probable · ${zoneLabels.get(clip.zone) ?? "no zone"}`))),
    probabilityBars(prediction.probabilities, prediction.score),
    reviewBox(prediction.review, "Review"),
    ...zones.filter((zone) => zone.clips.includes(clip.number) && zoneWarnings(zone).length).map((zone) =>
      reviewBox(zoneWarnings(zone), `${zone.label}, ${plural(zone.clips.length, "clip")} together: score ${zone.score}`)),
    element("dl", { class: "measures" },
      element("dt", {}, "Evidence outside the sector"),
      element("dd", {}, prediction.outside === null ? "n/a" : percent(prediction.outside)),
      element("dt", {}, "Out-of-distribution score ", element("small", {}, "(in distribution: up to 1)")),
      element("dd", { class: prediction.ood_score > 1 ? "outlier" : null }, prediction.ood_score === null ? "n/a" : prediction.ood_score.toFixed(2))),
    element("p", { class: "fine" }, pageData.model.synthetic
      ? "Research use only. Trained on synthetic images; says nothing about patients."
      : "Research use only."),
  ];
}

function reviewBox(review, title) {
  if (!review.length) return element("p", { class: "fine no-review" }, "Not marked for review: confident, and like the training clips.");
  return element("div", { class: "review-box" },
    element("h3", {}, icon(WARNING), title),
    element("ul", {}, review.map((sentence) => element("li", {}, sentence))));
}
