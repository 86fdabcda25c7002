// The page on which cross-validation runs stand side by side.

import { ask } from "./ask.js";
import { byId, drawn, element, listSentences, show } from "./elements.js";
import { orNotice } from "./notices.js";
import { plural } from "./numbers.js";
import { recall, remember } from "./page_data.js";

const MEASURES = [
  { key: "kappa", words: "Quadratic kappa", low: 0, high: 1 },
  { key: "macro_f1", words: "Macro-F1", low: 0, high: 1 },
  { key: "accuracy", words: "Accuracy", low: 0, high: 1 },
  { key: "roc_auc", words: "Macro ROC-AUC", low: 0.5, high: 1 },
];
const AT_FIRST = 4;
const LEVELS = { clip: "of held-out clips", frame: "of held-out frames" };
const measure = byId("measure");
const chosen = new Set();
let runs = [];

measure.replaceChildren(...MEASURES.map(({ key, words }) => element("option", { value: key }, words)));
measure.addEventListener("change", compare);
orNotice(begin);

async function begin() {
  runs = await ask("GET", "/api/runs");
  show(byId("runs"), runs.length > 0);
  const empty = byId("runs-empty");
  show(empty, !runs.length);
  empty.textContent = "There is no run on this machine yet; 'lusscore cv' makes one.";
  const before = recall("runs").split("\n");
  const usable = runs.filter((run) => run.models.length);
  const known = usable.filter((run) => before.includes(run.id));
  for (const run of known.length ? known : usable.slice(0, AT_FIRST)) chosen.add(run.id);
  byId("run-choice").replaceChildren(...runs.map(choiceOf));
  compare();
}

function choiceOf(run) {
  const tick = element("input", {
    type: "checkbox", checked: chosen.has(run.id), disabled: !run.models.length,
    on: { change: () => choose(run.id, tick.checked) },
  });
  return element("li", {}, element("label", { class: "run" }, tick,
    element("span", {}, element("strong", {}, run.name), element("span", { class: "fine" }, facts(run)))),
  run.has_report ? reportLink(run) : null);
}

function facts(run) {
  if (run.problem) return `${run.cohort} · ${run.problem}`;
  const size = [
    run.patients === null ? null : plural(run.patients, "patient"),
    run.clips === null ? null : plural(run.clips, "clip"),
  ];
  const kind = run.synthetic ? "synthetic images" : null;
  return [run.cohort, kind, run.created.slice(0, 10), run.protocol, run.scheme, ...size].filter(Boolean).join(" · ");
}

function choose(id, wanted) {
  if (wanted) chosen.add(id);
  else chosen.delete(id);
  remember("runs", [...chosen].join("\n"));
  compare();
}

function compare() {
  const shown = runs.filter((run) => chosen.has(run.id) && run.models.length);
  const by = MEASURES.find(({ key }) => key === measure.value);
  const levels = [...new Set(shown.map(({ level }) => LEVELS[level] ?? ""))].join(" or ");
  byId("plot-title").textContent = `${by.words} ${levels}`;
  byId("table-title").textContent = `All measures ${levels}`;
  const groups = comparableGroups(shown);
  listSentences(byId("runs-notes"), cautions(groups));
  if (!shown.length) {
    for (const id of ["plot", "table"])
      byId(id).replaceChildren(element("p", { class: "muted" }, "Choose at least one run."));
    return;
  }
  // each group has a scale of its own, so that no dot seems to lie above one of another cohort
  byId("plot").replaceChildren(...groups.flatMap(({ words, runs }) =>
    [element("h3", { class: "group-title" }, words), intervalPlot(runs, by)]));
  byId("table").replaceChildren(metricsTable(groups),
    element("p", { class: "fine" }, "Values over all held-out rows with 95 % intervals over patients. No best value is marked: where intervals overlap no winner is named. Research use only."));
}

const ROWS = { clip: "held-out clip", frame: "held-out frame" };

/** Runs in groups that may be compared, each with words for it. */
function comparableGroups(runs) {
  const groups = new Map();
  for (const run of runs) {
    const { comparable } = run;
    if (!groups.has(comparable)) groups.set(comparable, { words: groupWords(run), cohort: run.cohort, runs: [] });
    groups.get(comparable).runs.push(run);
  }
  return [...groups.values()].sort((one, other) => one.cohort.localeCompare(other.cohort));
}

/** What must be known before two numbers are compared. */
function cautions(groups) {
  const cohorts = groups.map(({ cohort }) => cohort);
  const twice = [...new Set(cohorts.filter((cohort, at) => cohorts.indexOf(cohort) !== at))];
  const synthetic = groups.some(({ runs }) => runs.some((run) => run.synthetic));
  return [
    new Set(cohorts).size > 1 ? "These runs are of different cohorts: their numbers cannot be compared." : "",
    ...twice.map((cohort) =>
      `Runs of ${cohort} are of different held-out clips or labels: their numbers cannot be compared.`),
    synthetic ? "Runs on synthetic images say nothing about patients." : "",
  ].filter(Boolean);
}

function groupWords({ cohort, patients, held_out: rows, level }) {
  const size = [
    patients === null ? "" : plural(patients, "patient"),
    rows === null ? "" : plural(rows, ROWS[level] ?? "held-out row"),
  ].filter(Boolean).join(", ");
  return size ? `Cohort ${cohort}: ${size}` : `Cohort ${cohort}`;
}

function written(metric) {
  if (!metric) return "–";
  const [value, low, high] = metric;
  const interval = low === null || high === null ? "" : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  return `${value.toFixed(3)}${interval}`;
}

/** `groups`: of runs that may be compared. */
function metricsTable(groups) {
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

function reportLink(run) {
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

const WIDTH = 760;
const LEFT = 260;
const RIGHT = 740;
const ROW = 26;
const HEAD = 30;

/* a tick that is 0 but for rounding is not written "-0.0" */
const unsigned = (tick, digits) => (Number(tick.toFixed(digits)) || 0).toFixed(digits);

function intervalPlot(runs, measure) {
  const lines = runs.flatMap((run) => [
    { heading: run.id },
    ...run.models.map((model) => ({ model: model.name, metric: model.metrics[measure.key], baseline: model.baseline })),
  ]);
  const [low, high] = range(lines, measure);
  const x = (value) => LEFT + ((value - low) / (high - low)) * (RIGHT - LEFT);
  const bottom = lines.length * ROW + 8;
  const parts = ticks(low, high).map((tick) => drawn("g", { class: "tick-mark" },
    drawn("path", { d: `M${x(tick)} 0V${bottom}` }),
    drawn("text", { x: x(tick), y: bottom + 18, "text-anchor": "middle" }, unsigned(tick, decimals(low, high)))));
  lines.forEach((line, at) => parts.push(row(line, at * ROW + ROW / 2 + 4, x, low, high)));
  const words = lines.filter(({ model }) => model).map(({ model, metric }) => `${model} ${written(metric)}`).join("; ");
  return drawn("svg", {
    class: "interval-plot", viewBox: `0 0 ${WIDTH} ${bottom + HEAD}`, role: "img",
    "aria-label": `${measure.words}: ${words}`,
  }, parts);
}

function row({ heading, model, metric, baseline }, y, x, low, high) {
  if (heading) return drawn("text", { class: "run-name", x: 0, y: y + 4 }, shortened(heading, 90));
  const parts = [drawn("title", {}, `${model}: ${written(metric)}`),
    drawn("text", { x: 14, y: y + 4 }, shortened(model, 36))];
  if (metric) {
    const [value, from, to] = metric;
    const inside = (each) => x(Math.min(high, Math.max(low, each)));
    if (from !== null && to !== null)
      parts.push(drawn("path", { class: "interval", d: `M${inside(from)} ${y}H${inside(to)}M${inside(from)} ${y - 4}v8M${inside(to)} ${y - 4}v8` }));
    parts.push(drawn("circle", { class: "dot", cx: inside(value), cy: y, r: 5 }));
  } else parts.push(drawn("text", { class: "undefined", x: LEFT, y: y + 4 }, "not defined"));
  return drawn("g", { class: baseline ? "model-line baseline" : "model-line" }, parts);
}

function range(lines, measure) {
  const values = lines.flatMap(({ metric }) => metric ?? []).filter((value) => value !== null);
  if (!values.length) return [measure.low, measure.high];
  const low = Math.floor(20 * (Math.min(...values) - 0.01)) / 20;
  const high = Math.min(measure.high, Math.ceil(20 * (Math.max(...values) + 0.01)) / 20);
  return high - low < 0.1 ? [high - 0.1, high] : [low, high];
}

function ticks(low, high) {
  const step = [0.02, 0.05, 0.1, 0.2, 0.5].find((each) => (high - low) / each <= 8) ?? 0.5;
  const found = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9; tick += step)
    // what should be 0 may be a hair below, and would be written -0.0
    found.push(Math.abs(tick) < step / 2 ? 0 : tick);
  return found;
}

function decimals(low, high) {
  return high - low > 0.35 ? 1 : 2;
}

function shortened(words, most) {
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}
