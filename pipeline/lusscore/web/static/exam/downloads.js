// Links to the exam's documents; names of files are in them only if somebody ticks so.

import { byId, show } from "../elements.js";

export class Downloads {
  constructor(session) {
    this.session = session;
    this.withNames = byId("with-names");
    this.withNames.addEventListener("change", () => this.update());
    session.addEventListener("change", () => this.update());
  }

  update() {
    const { view } = this.session;
    show(byId("downloads"), Boolean(view?.result));
    if (!view?.result) return;
    const names = this.withNames.checked ? "names=1" : "";
    const open = ["view=1", names].filter(Boolean).join("&");
    byId("open-report").href = `${this.session.path}/report.html?${open}`;
    for (const link of document.querySelectorAll("[data-document]"))
      link.href = `${this.session.path}/${link.dataset.document}${names && `?${names}`}`;
  }
}
