// The zones of a protocol as options of a select, by side.

import { element } from "../elements.js";

export function zoneOptions(zones, none) {
  const sides = [...new Set(zones.map((zone) => zone.side))];
  const groups = sides.map((side) => element("optgroup", { label: `${side[0].toUpperCase()}${side.slice(1)}` },
    zones.filter((zone) => zone.side === side).map((zone) =>
      element("option", { value: zone.name }, optionWords(zone)))));
  return [element("option", { value: "" }, none), ...groups];
}

/** A closed select shows the option alone, so that it must say the side; short names are known. */
function optionWords({ name, label }) {
  return name.length <= 3 ? `${name} · ${label}` : label;
}
