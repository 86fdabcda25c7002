// What the chest map shows of each zone.

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
