// What the server wrote into the page, and what this tab remembers.

export const pageData = JSON.parse(document.getElementById("page-data").textContent);

export const postToken = document.querySelector('meta[name="lusscore-token"]').content;

export const zoneLabels = new Map(pageData.protocol.zones.map((zone) => [zone.name, zone.label]));

const PREFIX = "lusscore.";

export function remember(name, value) {
  try {
    if (value) sessionStorage.setItem(PREFIX + name, value);
    else sessionStorage.removeItem(PREFIX + name);
  } catch {
    // a browser that keeps nothing only forgets sooner
  }
}

export function recall(name) {
  try {
    return sessionStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return "";
  }
}
