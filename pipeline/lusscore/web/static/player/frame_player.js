// Shows a clip's frames on a canvas: play, pause, step, slide. Tells "frame" when one is shown.

const USUAL_INTERVAL = 80;

export class FramePlayer extends EventTarget {
  constructor(root) {
    super();
    this.root = root;
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.stage = part("stage");
    this.canvas = part("frame");
    this.overlay = part("overlay");
    this.outline = part("outline");
    this.note = part("note");
    this.play = part("play");
    this.slider = part("slider");
    this.position = part("position");
    this.speed = part("speed");
    this.pictures = [];
    this.clear("");
    part("back").addEventListener("click", () => this.step(-1));
    part("forward").addEventListener("click", () => this.step(1));
    this.play.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => {
      this.pause();
      this.show(Number(this.slider.value));
    });
    this.stage.addEventListener("click", () => this.toggle());
    document.addEventListener("visibilitychange", () => document.hidden && this.pause());
  }

  get count() {
    return this.pictures.length;
  }

  /** Show nothing but a sentence. */
  clear(sentence) {
    this.pause();
    this.loading = null;
    for (const picture of this.pictures) picture.close();
    this.pictures = [];
    this.at = 0;
    this.overlay.hidden = true;
    this.outline.toggleAttribute("hidden", true);
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.say(sentence);
    this.enable(false);
    this.position.textContent = "–";
  }

  /** Write a sentence over the stage. */
  say(sentence) {
    this.note.textContent = sentence;
    this.note.hidden = !sentence;
  }

  /** Take JPEG blobs, seconds (null where not known), frame numbers, and which one to show first. */
  async load(blobs, { times = [], numbers = [], first = 0 } = {}) {
    const mine = Symbol("load");
    this.loading = mine;
    const pictures = await Promise.all(blobs.map((blob) => createImageBitmap(blob)));
    if (this.loading !== mine) {
      for (const picture of pictures) picture.close();
      return false;
    }
    for (const picture of this.pictures) picture.close();
    this.pictures = pictures;
    this.times = times;
    this.numbers = numbers;
    this.slider.max = String(Math.max(0, this.count - 1));
    this.canvas.width = pictures[0]?.width ?? 1;
    this.canvas.height = pictures[0]?.height ?? 1;
    this.stage.style.setProperty("--across", this.canvas.width);
    this.stage.style.setProperty("--down", this.canvas.height);
    this.say("");
    this.enable(this.count > 0);
    this.show(Math.min(first, this.count - 1));
    return true;
  }

  show(place) {
    if (!this.count) return;
    this.at = Math.min(this.count - 1, Math.max(0, place));
    const picture = this.pictures[this.at];
    this.canvas.getContext("2d").drawImage(picture, 0, 0, this.canvas.width, this.canvas.height);
    this.slider.value = String(this.at);
    const words = this.words();
    this.position.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    this.dispatchEvent(new CustomEvent("frame", { detail: this.at }));
  }

  words() {
    const number = this.numbers[this.at];
    // of some frames of a clip only the order is known
    if (number === undefined) return `${this.at + 1} of ${this.count}`;
    const time = this.times[this.at];
    const seconds = time === null || time === undefined ? "" : ` · ${time.toFixed(2)} s`;
    return `Frame ${number}${seconds}`;
  }

  step(by) {
    this.pause();
    this.show((this.at + by + this.count) % Math.max(1, this.count));
  }

  toggle() {
    if (this.playing) this.pause();
    else this.start();
  }

  start() {
    if (this.count < 2) return;
    this.playing = true;
    this.mark();
    const begin = () => {
      this.timer = setTimeout(() => {
        this.show((this.at + 1) % this.count);
        begin();
      }, this.interval());
    };
    begin();
  }

  pause() {
    clearTimeout(this.timer);
    this.playing = false;
    this.mark();
  }

  /** Milliseconds until the next frame, as the clip has it. */
  interval() {
    const now = this.times?.[this.at];
    const next = this.times?.[this.at + 1];
    const known = typeof now === "number" && typeof next === "number" && next > now;
    const usual = known ? (next - now) * 1000 : USUAL_INTERVAL;
    return Math.min(1000, Math.max(15, usual / Number(this.speed.value)));
  }

  /** Lay the sector's outline over the frame: corners as fractions of its sides. */
  setOutline(corners, shown) {
    const points = corners.map(([x, y]) => `${x},${y}`).join(" ");
    this.outline.querySelector("polygon").setAttribute("points", points);
    this.outline.toggleAttribute("hidden", !(shown && corners.length));
  }

  /** Do what a key means for a player; tells whether it meant anything. */
  key(event) {
    const jumps = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key === " ") this.toggle();
    else if (event.key in jumps) this.step(jumps[event.key] * (event.shiftKey ? 10 : 1));
    else if (event.key === "Home") this.show(0);
    else if (event.key === "End") this.show(this.count - 1);
    else return false;
    return true;
  }

  enable(able) {
    for (const control of this.root.querySelectorAll(".transport button, .transport input, .transport select"))
      control.disabled = !able;
  }

  mark() {
    this.play.classList.toggle("playing", Boolean(this.playing));
    this.play.setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }
}

const TYPING = "input:not([type=radio], [type=checkbox], [type=range]), select, textarea";
const MOVING = `input:not([type=checkbox]), select, textarea, [data-own-keys]`;
const PRESSING = "button, a, summary, input, select, textarea, [data-own-keys]";

export function isForPage(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (document.querySelector("dialog[open]")) return false;
  const within = (kinds) => Boolean(event.target.closest?.(kinds));
  if (event.key === " " || event.key === "Enter") return !within(PRESSING);
  return event.key.length === 1 ? !within(TYPING) : !within(MOVING);
}
