// The cohorts on this machine.

import { ask } from "./ask.js";
import { element } from "./elements.js";

export const NEW_COHORT = "\u0000new";

export function listCohorts() {
  return ask("GET", "/api/cohorts");
}

export function cohortPath(name) {
  return `/api/cohorts/${encodeURIComponent(name)}`;
}

/** Options for a select; cohorts that are not valid cannot be chosen. */
export function cohortOptions(cohorts) {
  return cohorts.map(({ name, problem, synthetic }) =>
    element("option", { value: name, disabled: Boolean(problem) }, problem ? `${name} (not valid)` : synthetic ? `${name} (synthetic)` : name));
}

/** Cohorts that an uploaded clip may go into: synthetic ones last, and only with a model of such. */
export function cohortsForClips(cohorts, modelIsSynthetic) {
  const real = cohorts.filter(({ synthetic }) => !synthetic);
  return modelIsSynthetic ? [...real, ...cohorts.filter(({ synthetic }) => synthetic)] : real;
}
