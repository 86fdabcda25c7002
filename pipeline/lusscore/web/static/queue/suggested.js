// The clips of a cohort that are suggested for labelling, and where one is among them.

import { ask, askBytes } from "../ask.js";
import { cohortPath } from "../cohorts.js";
import { unpackPictures } from "../player/packed.js";

const COUNT = 20;

export class Suggested {
  constructor(cohort) {
    this.cohort = cohort;
    this.clips = [];
    this.at = 0;
    this.given = new Map();
    this.pictures = new Map();
  }

  async load() {
    const told = await ask("GET", `${cohortPath(this.cohort)}/suggestions?count=${COUNT}`);
    this.clips = told.suggestions;
    this.note = told.head_note;
    this.leftOut = told.left_out;
    this.labelled = told.labelled;
    this.unlabelled = told.unlabelled;
    this.at = 0;
    this.given.clear();
    this.pictures.clear();
  }

  get current() {
    return this.clips[this.at] ?? null;
  }

  /** JPEGs of the clip's frames; the next clip's are fetched meanwhile. */
  async picturesOf(place) {
    if (!this.pictures.has(place)) this.pictures.set(place, this.#fetch(this.clips[place]));
    try {
      const buffer = await this.pictures.get(place);
      this.#ahead(place + 1);
      return unpackPictures(buffer);
    } catch (error) {
      this.pictures.delete(place);
      throw error;
    }
  }

  async save(place, score, rater) {
    const { clip, zone, segment } = this.clips[place];
    const told = await ask("POST", `${cohortPath(this.cohort)}/labels`, { clip, score, rater, zone, segment });
    this.given.set(place, score);
    return told.sentence;
  }

  #ahead(place) {
    for (const known of this.pictures.keys()) if (Math.abs(known - place) > 3) this.pictures.delete(known);
    if (!this.clips[place] || this.pictures.has(place)) return;
    const coming = this.#fetch(this.clips[place]);
    this.pictures.set(place, coming);
    // what fails ahead of time is asked for again when it is looked at
    coming.catch(() => this.pictures.delete(place));
  }

  #fetch({ clip, segment: [first, end] }) {
    const query = new URLSearchParams({ clip, first });
    if (end !== null) query.set("last", end);
    return askBytes(`${cohortPath(this.cohort)}/pictures?${query}`);
  }
}
