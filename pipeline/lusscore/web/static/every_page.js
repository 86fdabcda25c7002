// On every page: the model card; and the exam of this tab stays open while another page is looked at.

import { ask, tellInPassing } from "./ask.js";
import { byId, openDialog } from "./elements.js";
import { recall } from "./page_data.js";

byId("show-card").addEventListener("click", () => openDialog(byId("model-card")));

const id = recall("exam");
if (id && location.pathname !== "/") {
  const exam = `/api/exams/${encodeURIComponent(id)}`;
  // asking for it takes back that its page was left; the exam page says if it is gone
  ask("GET", exam).catch(() => {});
  addEventListener("pagehide", () => tellInPassing(`${exam}/leave`));
}
