// The measures of runs, and how they are written.

export const MEASURES = [
  { key: "kappa", words: "Quadratic kappa", low: 0, high: 1 },
  { key: "macro_f1", words: "Macro-F1", low: 0, high: 1 },
  { key: "accuracy", words: "Accuracy", low: 0, high: 1 },
  { key: "roc_auc", words: "Macro ROC-AUC", low: 0.5, high: 1 },
];

export function written(metric) {
  if (!metric) return "–";
  const [value, low, high] = metric;
  const interval = low === null || high === null ? "" : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  return `${value.toFixed(3)}${interval}`;
}
