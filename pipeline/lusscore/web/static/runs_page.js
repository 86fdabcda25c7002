// The page on which cross-validation runs stand side by side.

import { ask } from "./ask.js";
import { byId, element, listSentences, show } from "./elements.js";
import { orNotice } from "./notices.js";
import { plural } from "./numbers.js";
import { recall, remember } from "./remembered.js";
import { cautions, comparableGroups } from "./runs/groups.js";
import { intervalPlot } from "./runs/interval_plot.js";
import { MEASURES } from "./runs/measures.js";
import { metricsTable, reportLink } from "./runs/metrics_table.js";

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
  const kind = run.synthetic ? "computed images" : null;
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
