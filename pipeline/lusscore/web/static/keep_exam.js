// The exam of this tab stays open while another of the pages is looked at.

import { ask, tellInPassing } from "./ask.js";
import { recall } from "./remembered.js";

const id = recall("exam");
if (id) {
  const exam = `/api/exams/${encodeURIComponent(id)}`;
  // asking for it takes back that its page was left; that it is gone the exam page tells
  ask("GET", exam).catch(() => {});
  addEventListener("pagehide", () => tellInPassing(`${exam}/leave`));
}
