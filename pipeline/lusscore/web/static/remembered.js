// What the page remembers until the tab is closed; nothing of a patient outlives it.

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
