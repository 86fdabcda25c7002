// The four scores as chips and bars. Their colours are in css/colours.css, the same as a report's.

import { element } from "./elements.js";
import { percent } from "./numbers.js";

export const SCORES = [0, 1, 2, 3];

export function scoreChip(score, more = "") {
  return element("span", { class: `chip score-${score} ${more}`.trim() }, String(score));
}

/** A bar for each score's probability; the score that was given is set apart. */
export function probabilityBars(probabilities, score) {
  const rows = SCORES.map((each) => {
    const fill = element("span", { class: `bar-fill score-${each}` });
    fill.style.width = `${100 * (probabilities[each] ?? 0)}%`;
    return element("li", { class: each === score ? "bar given" : "bar" },
      scoreChip(each), element("span", { class: "bar-track" }, fill),
      element("span", { class: "bar-number" }, percent(probabilities[each])));
  });
  return element("ul", { class: "bars", "aria-label": "Probability of each score" }, rows);
}
