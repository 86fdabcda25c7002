// What is told of a suggested clip before and beside its score.

import { element } from "../elements.js";
import { zoneLabels } from "../page_data.js";
import { probabilityBars } from "../scores.js";

export function clipFacts({ name, patient, exam, zone, segment: [first, end] }, zones) {
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

/** What the model expects, told only to those who open it. */
export function expectation({ probabilities, predicted, reason }) {
  if (!probabilities) return [element("p", { class: "muted" }, "Too few labels to expect anything.")];
  return [probabilityBars(probabilities, predicted), element("p", { class: "fine" }, reason)];
}
