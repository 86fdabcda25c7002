// Files as browsers give them, with the paths by which their zones are guessed.

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
