// The Score button, how far scoring is, and Stop.

import { byId, show } from "../elements.js";
import { announce, orNotice } from "../notices.js";
import { duration, plural } from "../numbers.js";

export class ScoringBar {
  #wasBusy = false;

  constructor(session, uploads) {
    this.session = session;
    this.uploads = uploads;
    this.score = byId("score");
    this.stop = byId("stop");
    this.progress = byId("progress");
    this.bar = byId("progress-bar");
    this.words = byId("progress-words");
    this.score.addEventListener("click", () =>
      orNotice(() => session.change("POST", "/score", {})));
    this.stop.addEventListener("click", async () => {
      this.stop.disabled = true;
      await orNotice(() => session.change("POST", "/stop", {}));
      this.stop.disabled = false;
    });
    session.addEventListener("change", () => this.update());
    uploads.addEventListener("change", () => this.update());
  }

  update() {
    const { view } = this.session;
    if (!view) return;
    const { busy } = this.session;
    const fresh = view.clips.filter((clip) => !clip.scored).length;
    show(this.score, !busy);
    show(this.stop, busy);
    show(this.progress, busy);
    this.score.disabled = !fresh || this.uploads.busy;
    this.score.textContent = scoreWords(view.clips.length, fresh, this.uploads.busy);
    if (busy) this.#tell(view);
    if (busy !== this.#wasBusy) this.#turned(busy, view);
  }

  #turned(busy, view) {
    this.#wasBusy = busy;
    if (busy) announce("Scoring.");
    else if (view.error) announce(view.error);
    else if (view.result?.total === null) announce("Scored: no zone has a score, so there is no global score.");
    else if (view.result) announce(`Scored: global score ${view.result.total} of ${view.result.maximum}.`);
  }

  #tell({ state, progress }) {
    const { done, total, seconds } = progress;
    this.bar.max = total || 1;
    if (total) this.bar.value = done;
    else this.bar.removeAttribute("value");
    this.words.textContent = state === "waiting"
      ? "Another exam is being scored; this one is next."
      : progressWords(done, total, seconds);
  }
}

function scoreWords(clips, fresh, uploading) {
  if (uploading) return "Clips are arriving…";
  if (!clips) return "Score";
  if (!fresh) return "All clips are scored";
  return fresh < clips ? `Score again, with ${plural(fresh, "new clip")}` : `Score ${plural(clips, "clip")}`;
}

function progressWords(done, total, seconds) {
  if (!total || !done) return "Opening clips…";
  const rate = done / Math.max(seconds, 0.1);
  const left = (total - done) / rate;
  const ending = done < total ? ` · about ${duration(left)} left` : "";
  return `Frame ${done.toLocaleString("en")} of ${total.toLocaleString("en")} · ${rate.toFixed(rate < 10 ? 1 : 0)} frames/s${ending}`;
}
