// The page on which an exam is scored: makes its parts and lets them know of each other.

import { byId, listSentences, openDialog, show } from "./elements.js";
import { ChestMap } from "./exam/chest_map.js";
import { ClipRows } from "./exam/clip_rows.js";
import { acceptFiles } from "./exam/drops.js";
import { LabelForm } from "./exam/label_form.js";
import { ScoringBar } from "./exam/scoring_bar.js";
import { ExamSession } from "./exam/session.js";
import { Downloads, Summary } from "./exam/summary.js";
import { UploadQueue, UploadRows } from "./exam/uploads.js";
import { Viewer } from "./exam/viewer.js";
import { zoneStates } from "./exam/zones.js";
import { announce, clearNotices, notice, orNotice } from "./notices.js";
import { plural } from "./numbers.js";
import { pageData, zoneLabels } from "./page_data.js";

const session = new ExamSession();
const uploads = new UploadQueue(session);

const setZone = (number, zone) =>
  orNotice(async () => {
    await session.change("PATCH", `/clips/${number}`, { zone });
    announce(zone ? `Placed: ${zoneLabels.get(zone)}.` : "The clip has no zone now.");
  });

const rows = new ClipRows(byId("clip-rows"), session, {
  choose: (number) => session.select(number),
  place: placeOnMap,
  setZone,
  remove: (number) => orNotice(() => session.change("DELETE", `/clips/${number}`)),
});
const map = new ChestMap(byId("chest-map"), pageData.chest, { choose: chooseZone, assign: setZone });
new UploadRows(byId("uploads"), uploads);
new ScoringBar(session, uploads);
new Summary(byId("summary"), session, { chooseClip });
new Downloads(session);
new Viewer(session, new LabelForm(session));
acceptFiles((files) => uploads.add(files));

session.addEventListener("change", update);
session.addEventListener("select", update);
uploads.addEventListener("change", update);
uploads.addEventListener("done", () => announce(`${plural(session.view.clips.length, "clip")} arrived.`));
session.addEventListener("closed", (event) => {
  uploads.clear();
  notice(event.detail);
});
session.addEventListener("trouble", (event) => notice(event.detail));
byId("exam-name").addEventListener("change", (event) =>
  orNotice(() => session.change("PATCH", "", { name: event.target.value })));
byId("close-exam").addEventListener("click", () => openDialog(byId("close-dialog")));
byId("confirm-close").addEventListener("click", () => {
  byId("close-dialog").close();
  uploads.clear();
  clearNotices();
  orNotice(() => session.close());
});
orNotice(() => session.resume());

let scored = false;

function update() {
  const { view } = session;
  const begun = Boolean(view?.clips.length || uploads.items.length || session.busy);
  show(byId("welcome"), !begun);
  show(byId("exam"), begun);
  byId("exam").classList.toggle("looking", Boolean(view?.result) && session.selected !== null);
  byId("clip-count").textContent = view?.clips.length ? `(${view.clips.length})` : "";
  // with a result they stand among its notes
  listSentences(byId("clip-notes"), view?.result ? [] : view?.notes ?? []);
  const name = byId("exam-name");
  if (document.activeElement !== name) name.value = view?.name ?? "";
  map.update(zoneStates(view), session.clip(session.selected)?.zone);
  showFirstResult(view);
}

/** With the first scores, look at what should be looked at first. */
function showFirstResult(view) {
  const has = Boolean(view?.result);
  const first = has && !scored;
  scored = has;
  if (!first || session.selected !== null) return;
  const clips = view.clips.filter((clip) => clip.prediction);
  const worst = clips.reduce((best, clip) => (clip.prediction.score > best.prediction.score ? clip : best), clips[0]);
  if (worst) session.select(worst.number);
}

function chooseClip(number) {
  session.select(number);
  rows.reveal(number);
  byId("viewer").scrollIntoView({ block: "nearest" });
}

/** Choosing a zone again goes through its clips. */
function chooseZone(zone) {
  const numbers = session.view.clips.filter((clip) => clip.zone === zone).map((clip) => clip.number);
  if (!numbers.length) {
    announce(`No clip of ${zoneLabels.get(zone)}.`);
    return;
  }
  session.select(numbers[(numbers.indexOf(session.selected) + 1) % numbers.length]);
  rows.reveal(session.selected);
}

function placeOnMap(number) {
  const clip = session.clip(number);
  const name = clip.name.split("/").pop();
  const banner = byId("placing");
  banner.textContent = `Placing ${name}: arrow keys choose a zone, Enter places the clip, Escape leaves it.`;
  show(banner, true);
  map.place(number, clip.zone, name, () => {
    show(banner, false);
    rows.focus(number);
  });
}
