// The page on which suggested clips of a cohort are labelled, one after the other.

import { ask, askBytes } from "./ask.js";
import { cohortOptions, cohortPath, listCohorts } from "./cohorts.js";
import { byId, element, show } from "./elements.js";
import { announce, clearNotices, notice, orNotice } from "./notices.js";
import { plural, probabilityBars, SCORES } from "./numbers.js";
import { recall, remember, zoneLabels } from "./page_data.js";
import { FramePlayer, isForPage } from "./player/frame_player.js";
import { unpackPictures } from "./player/saliency_map.js";

const choice = byId("cohort");
const rater = byId("rater");
const player = new FramePlayer(byId("queue").querySelector('[data-part="player"]'));
let cohorts = [];
let suggested = null;
let saving = false;

rater.value = recall("label.rater");
rater.addEventListener("change", () => remember("label.rater", rater.value.trim()));
choice.addEventListener("change", () => open(choice.value));
byId("skip").addEventListener("click", () => go(1));
byId("step-back").addEventListener("click", () => go(-1));
for (const button of byId("queue-scores").children)
  button.addEventListener("click", () => save(Number(button.dataset.score)));
addEventListener("keydown", pressed);
orNotice(begin);

async function begin() {
  cohorts = await listCohorts();
  choice.replaceChildren(...cohortOptions(cohorts));
  const usable = cohorts.filter(({ problem }) => !problem);
  if (!usable.length) {
    nothing("There is no cohort on this machine yet. Save a label on the exam page, or make one with 'lusscore import'.");
    return;
  }
  const before = recall("queue.cohort");
  const open0 = usable.find(({ name }) => name === before) ?? usable.find(({ features }) => features) ?? usable[0];
  choice.value = open0.name;
  await open(open0.name);
}

async function open(name) {
  remember("queue.cohort", name);
  clearNotices();
  const mine = new Suggested(name);
  suggested = mine;
  tellCohort(cohorts.find((each) => each.name === name));
  nothing("Choosing the clips whose labels would help most…");
  try {
    await mine.load();
  } catch (error) {
    if (error.name !== "Refusal") throw error;
    if (suggested === mine) nothing(error.message);
    return;
  }
  if (suggested !== mine) return;
  if (mine.note) notice(mine.note, { kind: "hint" });
  if (mine.leftOut)
    notice(`${plural(mine.leftOut, "clip")} without embeddings ${mine.leftOut === 1 ? "is" : "are"} not listed; 'lusscore features' computes them.`, { kind: "hint" });
  await showClip();
}

async function showClip() {
  const { current, at, clips } = suggested;
  if (!current) {
    finish();
    return;
  }
  show(byId("queue-empty"), false);
  show(byId("queue"), true);
  const zones = new Map(cohorts.find(({ name }) => name === suggested.cohort)?.zones.map(({ name, label }) => [name, label]));
  byId("queue-title").textContent = current.name;
  byId("queue-position").textContent = `${at + 1} of ${clips.length} suggested`;
  byId("clip-facts").replaceChildren(...clipFacts(current, zones));
  byId("reason").textContent = current.blind_reason ? `Suggested: ${current.blind_reason}` : "";
  byId("guess").open = false;
  byId("guess-bars").replaceChildren(...expectation(current));
  byId("step-back").disabled = at === 0;
  markGiven();
  announce(`Clip ${at + 1} of ${clips.length}, ${current.zone || "no zone"}.`);
  await showPictures(at);
}

async function showPictures(place) {
  const mine = suggested;
  player.clear("Loading…");
  try {
    const blobs = await mine.picturesOf(place);
    if (mine !== suggested || mine.at !== place) return;
    if (await player.load(blobs)) player.start();
  } catch (error) {
    if (error.name !== "Refusal") throw error;
    if (mine === suggested && mine.at === place) player.say(error.message);
  }
}

async function save(score) {
  if (saving || !suggested?.current) return;
  const who = rater.value.trim();
  if (!who) {
    tell("Enter the rater; initials will do.", "bad");
    rater.setAttribute("aria-invalid", "true");
    rater.focus();
    return;
  }
  rater.removeAttribute("aria-invalid");
  const { at } = suggested;
  saving = true;
  try {
    tell(await suggested.save(at, score, who), "good");
    suggested.at += 1;
    await showClip();
  } catch (error) {
    if (error.name !== "Refusal") throw error;
    tell(error.message, "bad");
  } finally {
    saving = false;
  }
}

function go(by) {
  if (!suggested || saving) return;
  const place = suggested.at + by;
  if (place < 0) return;
  suggested.at = place;
  tell("", "");
  showClip();
}

function finish() {
  player.clear("");
  const labelled = suggested.given.size;
  const { cohort } = suggested;
  if (!suggested.clips.length) {
    nothing("Every clip of this cohort that can be suggested has a label.");
    return;
  }
  nothing(`End of ${plural(suggested.clips.length, "suggested clip")}; you labelled ${labelled}. `);
  byId("queue-empty").append(
    element("button", { type: "button", class: "main", on: { click: () => open(cohort) } }, "Suggest more"));
}

function nothing(sentence) {
  show(byId("queue"), false);
  player.clear("");
  const place = byId("queue-empty");
  place.replaceChildren(element("span", {}, sentence));
  show(place, true);
}

function tellCohort(cohort) {
  const { clips, labelled, patients, protocol } = cohort;
  byId("cohort-facts").textContent =
    `${plural(clips, "clip")} of ${plural(patients, "patient")}, ${labelled.toLocaleString("en")} labelled · ${protocol}`;
}

function tell(sentence, kind) {
  const place = byId("queue-outcome");
  place.textContent = sentence;
  place.className = `outcome ${kind}`;
}

function markGiven() {
  const given = suggested.given.get(suggested.at);
  for (const button of byId("queue-scores").children)
    button.classList.toggle("given", Number(button.dataset.score) === given);
}

function pressed(event) {
  if (byId("queue").hidden || !isForPage(event)) return;
  const key = event.key.toLowerCase();
  if (SCORES.map(String).includes(key)) save(Number(key));
  else if (key === "s") go(1);
  else if (key === "b") go(-1);
  else if (!player.key(event)) return;
  event.preventDefault();
}

const COUNT = 20;

class Suggested {
  constructor(cohort) {
    this.cohort = cohort;
    this.clips = [];
    this.at = 0;
    this.given = new Map();
    this.pictures = new Map();
  }

  async load() {
    const answer = await ask("GET", `${cohortPath(this.cohort)}/suggestions?count=${COUNT}`);
    this.clips = answer.suggestions;
    this.note = answer.head_note;
    this.leftOut = answer.left_out;
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
    const { sentence } = await ask("POST", `${cohortPath(this.cohort)}/labels`, { clip, score, rater, zone, segment });
    this.given.set(place, score);
    return sentence;
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

function clipFacts({ name, patient, exam, zone, segment: [first, end] }, zones) {
  const label = zones.get(zone) ?? zoneLabels.get(zone);
  const facts = [
    ["Zone", label ? `${zone} · ${label}` : zone || "not known"],
    ["Patient", patient],
    ["Exam", exam],
    ["Clip", name],
    ["Frames", end === null && first === 0 ? "all" : `${first} to ${end === null ? "the end" : end - 1}`],
  ];
  return facts.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, String(value))]);
}

/** What the model predicts, shown only to those who open it. */
function expectation({ probabilities, predicted, reason }) {
  if (!probabilities) return [element("p", { class: "muted" }, "Too few labels to train a model.")];
  return [probabilityBars(probabilities, predicted), element("p", { class: "fine" }, reason)];
}
