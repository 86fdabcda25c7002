// Builds what the page shows, and opens dialogs. Text from files only ever becomes text nodes.

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element: attributes by name, `on` with listeners, then children. */
export function element(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** Make an SVG element in the same way. */
export function drawn(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

/** Make an icon from the outline of a 24 × 24 drawing. */
export function icon(path) {
  const attributes = { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" };
  return drawn("svg", attributes, drawn("path", { d: path }));
}

/** Find an element that a template promises. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page lacks #${id}.`);
  return found;
}

/** Show or hide. */
export function show(node, shown) {
  node.toggleAttribute("hidden", !shown);
}

/** Write sentences as the items of a list, which hides when there are none. */
export function listSentences(list, sentences) {
  list.replaceChildren(...sentences.map((sentence) => element("li", {}, sentence)));
  show(list, sentences.length > 0);
}

function furnish(node, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      node.setAttribute(name, String(value));
  }
  for (const [event, listener] of Object.entries(on)) node.addEventListener(event, listener);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export function openDialog(dialog) {
  if (!dialog.dataset.ready) {
    dialog.dataset.ready = "yes";
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
  }
  dialog.showModal();
}
