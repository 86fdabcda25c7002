// The zones of a protocol: as options of a select, as states of the chest map, and their warnings.

import { element } from "../elements.js";

export function zoneOptions(zones, none) {
  const sides = [...new Set(zones.map((zone) => zone.side))];
  const groups = sides.map((side) => element("optgroup", { label: `${side[0].toUpperCase()}${side.slice(1)}` },
    zones.filter((zone) => zone.side === side).map((zone) =>
      element("option", { value: zone.name }, optionWords(zone)))));
  return [element("option", { value: "" }, none), ...groups];
}

/** A closed select shows the option alone, so that it must say the side; short names are known. */
function optionWords({ name, label }) {
  return name.length <= 3 ? `${name} · ${label}` : label;
}

/** From an exam view: by zone {score or null, clips, review}. */
export function zoneStates(view) {
  const states = new Map();
  for (const clip of view?.clips ?? []) {
    if (!clip.zone) continue;
    const state = states.get(clip.zone) ?? { score: null, clips: 0, review: false };
    states.set(clip.zone, { ...state, clips: state.clips + 1 });
  }
  for (const { zone, score, review } of view?.result?.zones ?? []) {
    const state = states.get(zone) ?? { clips: 0 };
    states.set(zone, { ...state, score, review: review.length > 0 });
  }
  return states;
}

/** Sentences on all clips of a zone together; none where one clip says it all. */
export function zoneWarnings({ clips, review }) {
  return clips.length > 1 ? review.filter((sentence) => !/^Clip \d+: /.test(sentence)) : [];
}
