// All measures of the chosen runs; the best of each is in bold.

import { element } from "../elements.js";
import { MEASURES, written } from "./measures.js";

export function metricsTable(runs) {
  const head = ["Run", "Model", ...MEASURES.map(({ words }) => words), "Report"];
  const best = MEASURES.map(({ key }) => Math.max(...runs.flatMap((run) =>
    run.models.map(({ metrics }) => metrics[key]?.[0] ?? -Infinity))));
  const rows = runs.flatMap((run) => run.models.map((model, at) => element("tr", { class: at ? "" : "first" },
    at === 0 ? element("th", { scope: "rowgroup", rowspan: run.models.length }, run.id) : null,
    element("th", { scope: "row" }, model.name, model.baseline ? element("small", {}, " baseline") : null),
    MEASURES.map(({ key }, column) => cell(model.metrics[key], best[column])),
    at === 0 ? element("td", { rowspan: run.models.length }, reportLink(run)) : null)));
  return element("table", { class: "metrics" },
    element("thead", {}, element("tr", {}, head.map((words) => element("th", { scope: "col" }, words)))),
    element("tbody", {}, rows));
}

export function reportLink(run) {
  if (!run.has_report) return element("span", { class: "muted" }, "no report");
  const [cohort, name] = [run.cohort, run.name].map(encodeURIComponent);
  return element("a", { href: `/runs/${cohort}/${name}/report.html`, target: "_blank", rel: "noopener" }, "Report");
}

function cell(metric, best) {
  if (!metric) return element("td", { class: "muted" }, "–");
  const [value, interval] = written(metric).split(/ (?=\[)/);
  const shown = metric[0] === best ? element("strong", {}, value) : value;
  return element("td", {}, shown, interval ? element("small", {}, interval) : null);
}
