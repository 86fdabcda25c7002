// What the scorer says of the clip that is looked at.

import { element, icon } from "../elements.js";
import { percent, plural } from "../numbers.js";
import { pageData, zoneLabels } from "../page_data.js";
import { probabilityBars, scoreChip } from "../scores.js";
import { zoneDoubts } from "./zone_doubts.js";

const WARNING = "M12 4 3 19.5h18zM12 10v4.5M12 17v.01";

/** `zones`: of the exam's result. */
export function readingPanel(clip, zones) {
  const { reading } = clip;
  if (clip.error) return [element("p", { class: "bad" }, clip.error)];
  if (!reading) return [element("p", { class: "muted" }, "This clip is not scored yet.")];
  return [
    element("div", { class: "verdict" }, scoreChip(reading.score, "large"),
      element("div", {},
        element("p", { class: "verdict-score" }, `Score ${reading.score}`),
        element("p", { class: "muted" }, `${percent(reading.confidence)} probable · ${zoneLabels.get(clip.zone) ?? "no zone"}`))),
    probabilityBars(reading.probabilities, reading.score),
    reviewBox(reading.review, "Review"),
    ...zones.filter((zone) => zone.clips.includes(clip.number) && zoneDoubts(zone).length).map((zone) =>
      reviewBox(zoneDoubts(zone), `${zone.label}, ${plural(zone.clips.length, "clip")} together: score ${zone.score}`)),
    element("dl", { class: "measures" },
      element("dt", {}, "Evidence outside the sector"),
      element("dd", {}, reading.outside === null ? "not known" : percent(reading.outside)),
      element("dt", {}, "Distance from the training cohort ", element("small", {}, "(alike: up to 1)")),
      element("dd", { class: reading.distance > 1 ? "unlike" : null }, reading.distance === null ? "not known" : reading.distance.toFixed(2))),
    element("p", { class: "fine" }, pageData.model.synthetic
      ? "Research use only. Trained on computed images; says nothing about patients."
      : "Research use only."),
  ];
}

function reviewBox(review, title) {
  if (!review.length) return element("p", { class: "fine no-review" }, "Not marked for review: sure enough, and like clips the scorer knows.");
  return element("div", { class: "review-box" },
    element("h3", {}, icon(WARNING), title),
    element("ul", {}, review.map((sentence) => element("li", {}, sentence))));
}
