// How numbers and scores are shown.

import { element } from "./elements.js";

export function percent(share) {
  if (share === null || share === undefined) return "–";
  const hundredths = share * 100;
  if (hundredths > 0 && hundredths < 1) return "< 1 %";
  if (hundredths < 100 && hundredths > 99) return "> 99 %";
  return `${Math.round(hundredths)} %`;
}

export function plural(count, word, many = `${word}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? word : many}`;
}

export function megabytes(bytes) {
  const size = bytes / 1e6;
  return size < 0.1 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${size.toFixed(size < 10 ? 1 : 0)} MB`;
}

export function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}

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
