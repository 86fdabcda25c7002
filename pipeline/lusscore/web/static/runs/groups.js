// Which runs may be compared: those of one cohort with the same held-out clips.

import { plural } from "../numbers.js";

const ROWS = { clip: "held-out clip", frame: "held-out frame" };

/** Runs in groups that may be compared, each with words for it. */
export function comparableGroups(runs) {
  const groups = new Map();
  for (const run of runs) {
    const { comparable } = run;
    if (!groups.has(comparable)) groups.set(comparable, { words: groupWords(run), cohort: run.cohort, runs: [] });
    groups.get(comparable).runs.push(run);
  }
  return [...groups.values()].sort((one, other) => one.cohort.localeCompare(other.cohort));
}

/** What must be known before two numbers are held against each other. */
export function cautions(groups) {
  const cohorts = groups.map(({ cohort }) => cohort);
  const twice = [...new Set(cohorts.filter((cohort, at) => cohorts.indexOf(cohort) !== at))];
  const computed = groups.some(({ runs }) => runs.some((run) => run.synthetic));
  return [
    new Set(cohorts).size > 1 ? "These runs are of different cohorts: their numbers cannot be compared." : "",
    ...twice.map((cohort) =>
      `Runs of ${cohort} are of different held-out clips or labels: their numbers cannot be compared.`),
    computed ? "Runs on computed images say nothing about patients." : "",
  ].filter(Boolean);
}

function groupWords({ cohort, patients, held_out: rows, level }) {
  const size = [
    patients === null ? "" : plural(patients, "patient"),
    rows === null ? "" : plural(rows, ROWS[level] ?? "held-out row"),
  ].filter(Boolean).join(", ");
  return size ? `Cohort ${cohort}: ${size}` : `Cohort ${cohort}`;
}
