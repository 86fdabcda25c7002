// The page on which suggested clips of a cohort are labelled, one after the other.

import { cohortOptions, listCohorts } from "./cohorts.js";
import { byId, element, show } from "./elements.js";
import { announce, clearNotices, notice, orNotice } from "./notices.js";
import { plural } from "./numbers.js";
import { FramePlayer } from "./player/frame_player.js";
import { isForPage } from "./player/keys.js";
import { clipFacts, expectation } from "./queue/clip_facts.js";
import { Suggested } from "./queue/suggested.js";
import { recall, remember } from "./remembered.js";
import { SCORES } from "./scores.js";

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
    notice(`${plural(mine.leftOut, "clip")} without embeddings ${mine.leftOut === 1 ? "is" : "are"} left out; 'lusscore features' computes them.`, { kind: "hint" });
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
    tell("Say who scores: initials will do.", "bad");
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
  nothing(`That were ${plural(suggested.clips.length, "suggested clip")}; you labelled ${labelled}. `);
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
