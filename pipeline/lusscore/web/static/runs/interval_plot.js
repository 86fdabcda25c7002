// A dot and an interval for each model of each run, on one scale.

import { drawn } from "../elements.js";
import { written } from "./measures.js";

const WIDTH = 760;
const LEFT = 260;
const RIGHT = 740;
const ROW = 26;
const HEAD = 30;

/* a tick that is 0 but for rounding is not written "-0.0" */
const unsigned = (tick, digits) => (Number(tick.toFixed(digits)) || 0).toFixed(digits);

export function intervalPlot(runs, measure) {
  const lines = runs.flatMap((run) => [
    { heading: run.id },
    ...run.models.map((model) => ({ model: model.name, metric: model.metrics[measure.key], baseline: model.baseline })),
  ]);
  const [low, high] = range(lines, measure);
  const x = (value) => LEFT + ((value - low) / (high - low)) * (RIGHT - LEFT);
  const bottom = lines.length * ROW + 8;
  const parts = ticks(low, high).map((tick) => drawn("g", { class: "tick-mark" },
    drawn("path", { d: `M${x(tick)} 0V${bottom}` }),
    drawn("text", { x: x(tick), y: bottom + 18, "text-anchor": "middle" }, unsigned(tick, decimals(low, high)))));
  lines.forEach((line, at) => parts.push(row(line, at * ROW + ROW / 2 + 4, x, low, high)));
  const words = lines.filter(({ model }) => model).map(({ model, metric }) => `${model} ${written(metric)}`).join("; ");
  return drawn("svg", {
    class: "interval-plot", viewBox: `0 0 ${WIDTH} ${bottom + HEAD}`, role: "img",
    "aria-label": `${measure.words}: ${words}`,
  }, parts);
}

function row({ heading, model, metric, baseline }, y, x, low, high) {
  if (heading) return drawn("text", { class: "run-name", x: 0, y: y + 4 }, shortened(heading, 90));
  const parts = [drawn("title", {}, `${model}: ${written(metric)}`),
    drawn("text", { x: 14, y: y + 4 }, shortened(model, 36))];
  if (metric) {
    const [value, from, to] = metric;
    const inside = (each) => x(Math.min(high, Math.max(low, each)));
    if (from !== null && to !== null)
      parts.push(drawn("path", { class: "interval", d: `M${inside(from)} ${y}H${inside(to)}M${inside(from)} ${y - 4}v8M${inside(to)} ${y - 4}v8` }));
    parts.push(drawn("circle", { class: "dot", cx: inside(value), cy: y, r: 5 }));
  } else parts.push(drawn("text", { class: "undefined", x: LEFT, y: y + 4 }, "not defined"));
  return drawn("g", { class: baseline ? "model-line baseline" : "model-line" }, parts);
}

function range(lines, measure) {
  const values = lines.flatMap(({ metric }) => metric ?? []).filter((value) => value !== null);
  if (!values.length) return [measure.low, measure.high];
  const low = Math.floor(20 * (Math.min(...values) - 0.01)) / 20;
  const high = Math.min(measure.high, Math.ceil(20 * (Math.max(...values) + 0.01)) / 20);
  return high - low < 0.1 ? [high - 0.1, high] : [low, high];
}

function ticks(low, high) {
  const step = [0.02, 0.05, 0.1, 0.2, 0.5].find((each) => (high - low) / each <= 8) ?? 0.5;
  const found = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9; tick += step)
    // what should be 0 may be a hair below, and would be written -0.0
    found.push(Math.abs(tick) < step / 2 ? 0 : tick);
  return found;
}

function decimals(low, high) {
  return high - low > 0.35 ? 1 : 2;
}

function shortened(words, most) {
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}
