// Lists uploads under way and those that were refused.

import { element, icon } from "../elements.js";
import { percent } from "../numbers.js";

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
