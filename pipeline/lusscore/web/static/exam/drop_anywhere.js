// Files may be dropped anywhere on the page, or chosen with buttons.

import { byId, show } from "../elements.js";
import { notice } from "../notices.js";
import { filesOfDrop, filesOfInput } from "./dropped_files.js";

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
