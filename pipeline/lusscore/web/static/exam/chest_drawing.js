// The shapes of the chest map: sides, headings, and a lobe for each zone.

import { drawn } from "../elements.js";

export const VIEW = { x: 0, y: -17, width: 200, height: 137 };
const OUTER = 17;
const INNER = 3.5;
const LEVELS = { sup: "sup.", mid: "mid.", inf: "inf." };
const TORSO = "M85-17q0 13-15 16Q46 2 31 6 9 12 5 42 2 74 4 127H196q2-53-1-85-4-30-26-36-15-4-39-7-15-3-15-16z";

/** The outline of a zone; corners at the ends of its side of the chest are rounder. */
export function zoneOutline(box, side) {
  if (arePoints(side)) return roundedBox(box);
  const { x, y, width, height } = box;
  const left = Math.min(...side.map((each) => each.x));
  const right = Math.max(...side.map((each) => each.x + each.width));
  const top = Math.min(...side.map((each) => each.y));
  const bottom = Math.max(...side.map((each) => each.y + each.height));
  const most = Math.min(width, height) / 2;
  const corner = (atSide, atEnd) => Math.min(most, atSide && atEnd ? OUTER : INNER);
  const near = (a, b) => Math.abs(a - b) < 0.5;
  const upperLeft = corner(near(x, left), near(y, top));
  const upperRight = corner(near(x + width, right), near(y, top));
  const lowerRight = corner(near(x + width, right), near(y + height, bottom));
  const lowerLeft = corner(near(x, left), near(y + height, bottom));
  return [
    `M${x + upperLeft} ${y}`,
    `H${x + width - upperRight}`, `q${upperRight} 0 ${upperRight} ${upperRight}`,
    `V${y + height - lowerRight}`, `q0 ${lowerRight} ${-lowerRight} ${lowerRight}`,
    `H${x + lowerLeft}`, `q${-lowerLeft} 0 ${-lowerLeft} ${-lowerLeft}`,
    `V${y + upperLeft}`, `q0 ${-upperLeft} ${upperLeft} ${-upperLeft}z`,
  ].join("");
}

/** Sternum, names of sides, and headings where a column has one aspect. */
export function backdrop(chest) {
  const middle = 100;
  const parts = [
    arePoints(chest) ? drawn("path", { class: "torso", d: TORSO }) : null,
    drawn("path", { class: "sternum", d: `M${middle} -2V118` }),
    drawn("path", { class: "ribs", d: [0, 1, 2, 3, 4].map((rib) => {
      const y = 12 + 24 * rib;
      return `M${middle} ${y}q-3 1.5-4.5 4M${middle} ${y}q3 1.5 4.5 4`;
    }).join("") }),
    sideName(4, "start", "RIGHT"),
    sideName(196, "end", "LEFT"),
  ];
  for (const side of ["right", "left"]) {
    const boxes = chest.filter((box) => box.side === side);
    for (const { x, words } of columnHeadings(boxes))
      parts.push(drawn("text", { class: "column-name", x, y: -1, "text-anchor": "middle" }, words));
  }
  return drawn("g", { class: "backdrop", "aria-hidden": "true" }, parts);
}

/** Points on the body, rather than parts of a divided side, have names as short as L1. */
function arePoints(boxes) {
  return boxes.every(({ zone }) => zone.length <= 3);
}

function roundedBox({ x, y, width, height }) {
  const r = 6;
  return `M${x + r} ${y}h${width - 2 * r}q${r} 0 ${r} ${r}v${height - 2 * r}q0 ${r}-${r} ${r}h${2 * r - width}q-${r} 0-${r}-${r}v${2 * r - height}q0-${r} ${r}-${r}z`;
}

/** What a zone is called inside its outline, below its side and its column's heading. */
export function shortName({ zone, label, side }) {
  if (zone.length <= 3) return zone;
  return LEVELS[zone.split("-").pop()] ?? label.replace(`${side} `, "").split(" ").pop();
}

function sideName(x, anchor, words) {
  return drawn("text", { class: "side-name", x, y: -10, "text-anchor": anchor }, words);
}

function columnHeadings(boxes) {
  const columns = grouped(boxes);
  const headings = [];
  for (const column of columns.values()) {
    const aspects = new Set(column.map((box) => box.label.split(" ")[1]));
    if (aspects.size !== 1 || arePoints(column)) continue;
    headings.push({ x: column[0].x + column[0].width / 2, words: [...aspects][0] });
  }
  return headings;
}

function grouped(boxes) {
  const columns = new Map();
  for (const box of boxes) columns.set(box.x, [...(columns.get(box.x) ?? []), box]);
  return columns;
}
