// The exam that this tab has open: what the server says of it, and which clip is looked at.

import { ask, Refusal, tellInPassing } from "../ask.js";
import { recall, remember } from "../page_data.js";

const POLL = 300;
const POLL_SILENT = 3000;
const LIVELY = 60_000;
const byName = new Intl.Collator("en", { numeric: true });

export class ExamSession extends EventTarget {
  view = null;
  selected = null;
  #opening = null;
  #asked = 0;
  #taken = 0;
  #polling = false;
  #lastSign = Date.now();

  constructor() {
    super();
    addEventListener("pagehide", () => this.view && tellInPassing(`${this.path}/leave`));
    // a page kept by the browser for "back" may find its exam gone
    addEventListener("pageshow", (event) => event.persisted && this.refresh());
    for (const sign of ["pointerdown", "keydown"])
      addEventListener(sign, () => this.#showLife(), { passive: true });
    document.addEventListener("visibilitychange", () => document.hidden || this.#showLife());
  }

  get path() {
    return `/api/exams/${this.view.id}`;
  }

  get busy() {
    return Boolean(this.view) && this.view.state !== "open";
  }

  clip(number) {
    return this.view?.clips.find((clip) => clip.number === number) ?? null;
  }

  /** Go on with the exam that the tab had before it was loaded again. */
  async resume() {
    const id = recall("exam");
    if (!id) return;
    try {
      this.take(await ask("GET", `/api/exams/${encodeURIComponent(id)}`));
    } catch (error) {
      if (error.status !== 404) throw error;
      remember("exam", "");
    }
  }

  /** Open an exam on the server if none is open. */
  async open() {
    if (this.view) return;
    this.#opening ??= ask("POST", "/api/exams", {});
    try {
      const view = await this.#opening;
      if (!this.view) {
        remember("exam", view.id);
        this.take(view);
      }
    } finally {
      this.#opening = null;
    }
  }

  /** Ask something of the exam whose answer is the exam as it is then. */
  async change(method, suffix, content) {
    this.#asked += 1;
    const turn = this.#asked;
    const view = await this.askExam(method, suffix, content);
    // an answer that was overtaken by a later one is old
    if (this.view?.id !== view.id || turn < this.#taken) return;
    this.#taken = turn;
    this.take(view);
  }

  /** Ask something of the exam; "closed" is dispatched if it was closed meanwhile. */
  async askExam(method, suffix, content) {
    if (!this.view) throw new Refusal("No exam is open.");
    const { id } = this.view;
    try {
      return await ask(method, `${this.path}${suffix}`, content);
    } catch (error) {
      if (error.status === 404 && this.view?.id === id) await this.#lookWhetherClosed();
      throw error;
    }
  }

  refresh() {
    return this.change("GET", "").catch((error) => {
      if (error.name !== "Refusal") throw error;
    });
  }

  take(view) {
    // clips arrive in any order, as several are sent at once
    view.clips.sort((a, b) => byName.compare(a.name, b.name) || a.number - b.number);
    this.view = view;
    if (!this.clip(this.selected)) this.selected = null;
    this.#tell("change");
    if (this.busy) this.#poll();
  }

  addClip(clip) {
    const others = this.view.clips.filter((each) => each.number !== clip.number);
    this.take({ ...this.view, clips: [...others, clip] });
  }

  select(number) {
    this.selected = number;
    this.#tell("select");
  }

  async close() {
    try {
      await this.askExam("DELETE", "");
    } catch (error) {
      if (error.status !== 404) throw error;
    }
    this.forget();
  }

  forget() {
    remember("exam", "");
    this.view = null;
    this.selected = null;
    this.#tell("change");
    this.#tell("select");
  }

  async #lookWhetherClosed() {
    const exam = this.path;
    try {
      await ask("GET", exam);
    } catch (error) {
      if (error.status !== 404 || !this.view || this.path !== exam) return;
      this.forget();
      this.dispatchEvent(new CustomEvent("closed", { detail: error.message }));
    }
  }

  async #poll() {
    if (this.#polling) return;
    this.#polling = true;
    let pause = POLL;
    while (this.busy) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      try {
        await this.change("GET", "");
        pause = POLL;
      } catch (error) {
        if (error.name !== "Refusal") throw error;
        this.dispatchEvent(new CustomEvent("trouble", { detail: error.message }));
        pause = POLL_SILENT;
      }
    }
    this.#polling = false;
  }

  /** Somebody who looks keeps the exam open, although looking asks nothing of the server. */
  #showLife() {
    if (!this.view || Date.now() - this.#lastSign < LIVELY) return;
    this.#lastSign = Date.now();
    this.refresh();
  }

  #tell(event) {
    this.dispatchEvent(new Event(event));
  }
}
