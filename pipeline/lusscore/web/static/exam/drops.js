// Files may be dropped anywhere on the page, or chosen with buttons.

import { byId, show } from "../elements.js";
import { notice } from "../notices.js";

/** `take` gets files with names. */
export function acceptFiles(take) {
  const veil = byId("drop-anywhere");
  const welcome = byId("drop");
  let depth = 0;
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (over) => {
    const first = !byId("welcome").hidden;
    welcome.classList.toggle("over", over && first);
    show(veil, over && !first);
  };
  addEventListener("dragenter", (event) => {
    if (!holdsFiles(event)) return;
    depth += 1;
    mark(true);
  });
  addEventListener("dragleave", (event) => {
    if (!holdsFiles(event)) return;
    depth -= 1;
    if (depth <= 0) mark(false);
  });
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    mark(false);
    try {
      offer(await filesOfDrop(event.dataTransfer));
    } catch {
      notice("Something in the folder cannot be read; choose the clips with the button.");
    }
  });
  const offer = (files) => {
    if (files.length) take(files);
    else notice("There was no file in it; expected clips, or a folder of clips.");
  };
  const inputs = { files: byId("pick-files"), folder: byId("pick-folder") };
  for (const button of document.querySelectorAll("[data-choose]"))
    button.addEventListener("click", () => inputs[button.dataset.choose].click());
  for (const input of Object.values(inputs))
    input.addEventListener("change", () => {
      offer(filesOfInput(input));
      // the same file may be chosen again
      input.value = "";
    });
}

const NOT_MEANT = /^(\.|Thumbs\.db$|desktop\.ini$|__MACOSX$)/i;

/** All files of a drop, those in folders too. Call it while the event lasts. */
export async function filesOfDrop(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = await Promise.all(entries.filter(Boolean).map((entry) => filesOfEntry(entry)));
  return found.flat();
}

/** All files of an input for files or for a folder. */
export function filesOfInput(input) {
  const files = [...input.files].map((file) => named(file, file.webkitRelativePath || file.name));
  return files.filter(isMeant);
}

async function filesOfEntry(entry) {
  if (entry instanceof File) return [named(entry, entry.name)].filter(isMeant);
  if (NOT_MEANT.test(entry.name)) return [];
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [named(file, entry.fullPath.replace(/^\/+/, ""))];
  }
  const found = [];
  for (const inner of await everyEntry(entry.createReader())) found.push(...await filesOfEntry(inner));
  return found;
}

async function everyEntry(reader) {
  const entries = [];
  for (;;) {
    // browsers give at most a hundred at a time
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    entries.push(...some);
  }
  return entries.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

function named(file, name) {
  return { file, name };
}

function isMeant({ name }) {
  return !name.split("/").some((part) => NOT_MEANT.test(part));
}
