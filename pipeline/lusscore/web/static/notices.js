// Sentences on top of the page, and words for screen readers.

import { byId, element, icon } from "./elements.js";

const CROSS = "m6 6 12 12M18 6 6 18";

/** Show a sentence until it is dismissed; the same one is not shown twice. */
export function notice(sentence, { kind = "problem", action = null } = {}) {
  const place = byId("notices");
  for (const shown of place.children) if (shown.dataset.sentence === sentence) return;
  const close = element("button", {
    type: "button", class: "quiet square", "aria-label": "Dismiss",
    on: { click: () => shown.remove() },
  }, icon(CROSS));
  const act = action && element("button", {
    type: "button", class: "small",
    on: { click: () => { shown.remove(); action.run(); } },
  }, action.words);
  const shown = element("div", { class: `notice ${kind}`, "data-sentence": sentence },
    element("p", {}, sentence), act, close);
  place.append(shown);
}

export function clearNotices() {
  byId("notices").replaceChildren();
}

/** Have a screen reader say something. */
export function announce(words) {
  byId("announcements").textContent = words;
}

/** Run something, and show the sentence if the server refuses. */
export async function orNotice(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name !== "Refusal") throw error;
    notice(error.message);
    return undefined;
  }
}
