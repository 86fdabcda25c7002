// Whether a key belongs to the page as a whole, or to what has the focus.

const TYPING = "input:not([type=radio], [type=checkbox], [type=range]), select, textarea";
const MOVING = `input:not([type=checkbox]), select, textarea, [data-own-keys]`;
const PRESSING = "button, a, summary, input, select, textarea, [data-own-keys]";

export function isForPage(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (document.querySelector("dialog[open]")) return false;
  const within = (kinds) => Boolean(event.target.closest?.(kinds));
  if (event.key === " " || event.key === "Enter") return !within(PRESSING);
  return event.key.length === 1 ? !within(TYPING) : !within(MOVING);
}
