// All measures of the chosen runs; the best of each cohort is in bold, for only there it means much.

import { element } from "../elements.js";
import { MEASURES, written } from "./measures.js";

export function metricsTable(runs) {
  const head = ["Model", ...MEASURES.map(({ words }) => words)];
  const best = bestOfCohorts(runs);
  return element("table", { class: "metrics" },
    element("thead", {}, element("tr", {}, head.map((words) => element("th", { scope: "col" }, words)))),
    runs.map((run) => element("tbody", {},
      element("tr", { class: "run-row" }, element("th", { scope: "rowgroup", colspan: head.length }, run.id, reportLink(run))),
      run.models.map((model) => element("tr", {},
        element("th", { scope: "row" }, ...breakable(model.name), model.baseline ? element("small", {}, "baseline") : null),
        MEASURES.map(({ key }) => cell(model.metrics[key], best.get(run.cohort)[key])))))));
}

export function reportLink(run) {
  if (!run.has_report) return element("span", { class: "fine" }, "no report");
  const [cohort, name] = [run.cohort, run.name].map(encodeURIComponent);
  return element("a", {
    href: `/runs/${cohort}/${name}/report.html`, target: "_blank", rel: "noopener",
    "aria-label": `Report of ${run.id}`,
  }, "Report");
}

function bestOfCohorts(runs) {
  const best = new Map();
  for (const { cohort, models } of runs)
    for (const { metrics } of models)
      for (const { key } of MEASURES) {
        const known = best.get(cohort) ?? {};
        best.set(cohort, { ...known, [key]: Math.max(known[key] ?? -Infinity, metrics[key]?.[0] ?? -Infinity) });
      }
  return best;
}

/** Names of models are long; they may break after the signs that join their parts. */
function breakable(name) {
  return name.split(/(?<=[+/[])/).flatMap((part) => [part, element("wbr")]);
}

function cell(metric, best) {
  if (!metric) return element("td", { class: "muted" }, "–");
  const [value, interval] = written(metric).split(/ (?=\[)/);
  const shown = metric[0] === best ? element("strong", {}, value) : value;
  return element("td", {}, shown, interval ? element("small", {}, interval) : null);
}
