// Sends clips, a few at a time; tells "change" as they get along, "done" when none is left.

import { Refusal, refusalOf } from "../ask.js";
import { element, icon } from "../elements.js";
import { megabytes, percent } from "../numbers.js";
import { pageData, postToken } from "../page_data.js";

const AT_ONCE = 3;
const AGAIN_AFTER = 1000;
const TRIES = 60;

export class UploadQueue extends EventTarget {
  /** Each with name, file, state ("waiting", "sending" or "refused"), share sent, sentence. */
  items = [];
  #session;

  constructor(session) {
    super();
    this.#session = session;
  }

  get busy() {
    return this.items.some((item) => item.state !== "refused");
  }

  /** Queue files; what the server would refuse late is refused here early. */
  async add(files) {
    const { file_bytes: most, clips: mostClips } = pageData.limits;
    let room = mostClips - (this.#session.view?.clips.length ?? 0) - this.items.length;
    for (const { file, name } of files) {
      const item = { name, file, state: "waiting", share: 0, sentence: "" };
      room -= 1;
      if (room < 0) refuse(item, `An exam has at most ${mostClips} clips.`);
      else if (file.size > most) refuse(item, `It has more than ${megabytes(most)}.`);
      this.items.push(item);
    }
    this.#changed();
    try {
      await this.#session.open();
    } catch (error) {
      for (const item of this.items) if (item.state === "waiting") refuse(item, error.message);
      this.#changed();
      return;
    }
    this.#next();
  }

  /** Remove an upload, in whatever state it is. */
  remove(item) {
    this.items = this.items.filter((each) => each !== item);
    item.request?.abort();
    this.#changed();
    this.#next();
  }

  clear() {
    const { items } = this;
    this.items = [];
    for (const item of items) item.request?.abort();
    this.#changed();
  }

  #next() {
    const sending = this.items.filter((item) => item.state === "sending").length;
    const waiting = this.items.filter((item) => item.state === "waiting");
    for (const item of waiting.slice(0, Math.max(0, AT_ONCE - sending))) this.#send(item);
  }

  async #send(item) {
    item.state = "sending";
    this.#changed();
    try {
      const clip = await this.#deliver(item);
      if (!this.items.includes(item)) return;
      this.items = this.items.filter((each) => each !== item);
      this.#session.addClip(clip);
    } catch (error) {
      if (error.name !== "Refusal") throw error;
      refuse(item, error.message);
    }
    this.#changed();
    this.#next();
    // names are judged together, so that a new clip may change what others' names tell
    if (this.busy || !this.#session.view) return;
    await this.#session.refresh();
    this.dispatchEvent(new Event("done"));
  }

  async #deliver(item) {
    const path = `${this.#session.path}/clips`;
    for (let attempt = 0; ; attempt += 1) {
      const answer = await post(path, item, () => this.#changed());
      if (answer.status === 201) return JSON.parse(answer.text);
      const refusal = refusalOf(answer.text, answer.status);
      if (answer.status !== 503 || attempt >= TRIES) throw refusal;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
      if (!this.items.includes(item)) throw refusal;
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function refuse(item, sentence) {
  item.state = "refused";
  item.sentence = sentence;
}

/** Fetch cannot tell how much was sent; XMLHttpRequest can. */
function post(path, item, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    item.request = request;
    request.open("POST", path);
    request.setRequestHeader("X-Lusscore-Token", postToken);
    request.setRequestHeader("X-Lusscore-Name", encodeURIComponent(item.name));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      item.share = event.lengthComputable ? event.loaded / event.total : 0;
      onProgress();
    });
    const cut = "It could not be sent: the file cannot be read, or the program does not answer.";
    request.addEventListener("load", () =>
      resolve({ status: request.status, text: request.responseText }));
    request.addEventListener("error", () => reject(new Refusal(cut)));
    request.addEventListener("abort", () => reject(new Refusal("It was removed.")));
    request.send(item.file);
  });
}

const CROSS = "m6 6 12 12M18 6 6 18";

export class UploadRows {
  #rows = new Map();

  constructor(list, queue) {
    this.list = list;
    this.queue = queue;
    queue.addEventListener("change", () => this.update());
  }

  update() {
    const { items } = this.queue;
    for (const [item, row] of this.#rows)
      if (!items.includes(item)) {
        row.node.remove();
        this.#rows.delete(item);
      }
    for (const item of items) {
      if (!this.#rows.has(item)) this.#rows.set(item, this.#make(item));
      const { node, words, bar } = this.#rows.get(item);
      node.className = `upload ${item.state}`;
      bar.hidden = item.state === "refused";
      bar.value = item.share;
      words.textContent = said(item);
    }
  }

  #make(item) {
    const words = element("span", { class: "upload-words" });
    const bar = element("progress", { max: 1, value: 0, "aria-label": `Upload of ${item.name}` });
    const remove = element("button", {
      type: "button", class: "quiet square", "aria-label": `Take ${item.name} out`,
      on: { click: () => this.queue.remove(item) },
    }, icon(CROSS));
    const node = element("li", {},
      element("span", { class: "upload-name", title: item.name }, item.name), remove, words, bar);
    this.list.append(node);
    return { node, words, bar };
  }
}

function said(item) {
  if (item.state === "refused") return item.sentence;
  if (item.state === "waiting") return "Waiting";
  // all is sent, and the server looks at what it got
  return item.share >= 1 ? "Being checked" : `Sending, ${percent(item.share)}`;
}
