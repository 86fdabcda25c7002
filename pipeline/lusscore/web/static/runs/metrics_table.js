// All measures of the chosen runs, by cohort; none is marked as the best, for intervals overlap.

import { element } from "../elements.js";
import { MEASURES, written } from "./measures.js";

/** `groups`: of runs that may be compared. */
export function metricsTable(groups) {
  const head = ["Model", ...MEASURES.map(({ words }) => words)];
  return element("table", { class: "metrics" },
    element("thead", {}, element("tr", {}, head.map((words) => element("th", { scope: "col" }, words)))),
    groups.flatMap(({ words, runs }) => runs.map((run, at) => element("tbody", {},
      at ? null : element("tr", { class: "group-row" }, element("th", { scope: "rowgroup", colspan: head.length }, words)),
      element("tr", { class: "run-row" }, element("th", { scope: "rowgroup", colspan: head.length }, run.id, reportLink(run))),
      run.models.map((model) => element("tr", {},
        element("th", { scope: "row" }, ...breakable(model.name), model.baseline ? element("small", {}, "baseline") : null),
        MEASURES.map(({ key }) => cell(model.metrics[key]))))))));
}

export function reportLink(run) {
  if (!run.has_report) return element("span", { class: "fine" }, "no report");
  const [cohort, name] = [run.cohort, run.name].map(encodeURIComponent);
  return element("a", {
    href: `/runs/${cohort}/${name}/report.html`, target: "_blank", rel: "noopener",
    "aria-label": `Report of ${run.id}`,
  }, "Report");
}

/** Names of models are long; they may break after the signs that join their parts. */
function breakable(name) {
  return name.split(/(?<=[+/[])/).flatMap((part) => [part, element("wbr")]);
}

function cell(metric) {
  if (!metric) return element("td", { class: "muted" }, "–");
  const [value, interval] = written(metric).split(/ (?=\[)/);
  return element("td", {}, value, interval ? element("small", {}, interval) : null);
}
