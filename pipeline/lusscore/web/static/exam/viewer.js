// The clip that is looked at: frames, activation map, timeline, reading.

import { askBytes } from "../ask.js";
import { byId, element, show } from "../elements.js";
import { pageData, zoneLabels } from "../page_data.js";
import { ActivationMaps } from "../player/activation_map.js";
import { FramePlayer } from "../player/frame_player.js";
import { isForPage } from "../player/keys.js";
import { unpackMaps, unpackPictures } from "../player/packed.js";
import { SCORES, scoreChip } from "../scores.js";
import { readingPanel } from "./reading_panel.js";
import { Timeline } from "./timeline.js";

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
    byId("viewer-score").replaceChildren(...(clip.reading ? [scoreChip(clip.reading.score)] : []));
    byId("reading").replaceChildren(...readingPanel(clip, this.session.view.result?.zones ?? []));
    this.labelForm.show(clip);
    // the same clip scored again is another one to look at
    const wanted = JSON.stringify([this.session.view.id, clip.number, clip.scored, clip.error, clip.reading]);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    this.#load(clip, wanted);
  }

  async #load(clip, wanted) {
    const path = `${this.session.path}/clips/${clip.number}`;
    this.reading = null;
    this.maps = null;
    this.timeline.clear();
    show(byId("map-controls"), false);
    show(this.root.querySelector(".timeline-box"), false);
    this.player.clear(clip.reading ? "Loading…" : "");
    try {
      if (clip.reading) await this.#loadReading(clip, path, wanted);
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

  async #loadReading(clip, path, wanted) {
    const [reading, pictures, maps] = await Promise.all([
      this.session.askExam("GET", `/clips/${clip.number}/reading`),
      askBytes(`${path}/pictures`), askBytes(`${path}/maps`),
    ]);
    if (wanted !== this.#shown) return;
    const { rows } = reading.pictures;
    const key = nearest(rows, reading.key_frame);
    this.reading = reading;
    this.maps = new ActivationMaps(unpackMaps(maps), reading.maps, reading.pictures);
    this.#chooseMap(reading.score);
    byId("map-note").textContent = mapNote(reading);
    byId("map-note").classList.toggle("approximate", !reading.maps.exact);
    this.#drawTimeline(reading);
    show(byId("map-controls"), true);
    show(this.root.querySelector(".timeline-box"), true);
    this.showOutline.disabled = !reading.pictures.outline.length;
    await this.player.load(unpackPictures(pictures), {
      times: rows.map((row) => reading.times[row]),
      numbers: rows.map((row) => reading.frames[row]),
      first: key,
    });
    this.#outline();
  }

  /** Frames that have no scores of their own are not drawn as if they had. */
  #drawTimeline(reading) {
    const whole = pageData.model.whole_clips;
    show(byId("timeline-title"), !whole);
    show(byId("whole-clips"), whole);
    if (!whole) this.timeline.draw(reading);
  }

  #frame(at) {
    if (!this.reading) return;
    this.timeline.show(this.reading.pictures.rows[at]);
    this.#paintMap();
  }

  #paintMap() {
    const shown = this.showMap.checked && Boolean(this.maps);
    this.player.overlay.hidden = !shown;
    if (shown) this.maps.paint(this.player.overlay, this.player.at, this.mapScore, Number(this.strength.value) / 75);
  }

  #outline() {
    if (this.reading) this.player.setOutline(this.reading.pictures.outline, this.showOutline.checked);
  }

  /** Go to the picture nearest to a scored frame, then on by some pictures. */
  #goToRow(row, by) {
    if (!this.reading) return;
    this.player.pause();
    this.player.show(nearest(this.reading.pictures.rows, row) + by);
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
  const share = outside === null ? "" : ` ${Math.round(100 * outside)} % of what speaks for this score lies outside the sector.`;
  if (maps.exact) return `Exact: the map adds up to what the model answers.${share}`;
  return `Approximate. ${maps.note}${share}`;
}

