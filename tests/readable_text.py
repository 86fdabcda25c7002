"""Whether all text of a page in a browser can be read."""

from __future__ import annotations

from typing import Any

# Contrast after WCAG 2.2, of every element with text of its own against what lies behind it.
_PALE_TEXT = """() => {
  const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([red, green, blue]) =>
    0.2126 * channel(red / 255) + 0.7152 * channel(green / 255) + 0.0722 * channel(blue / 255);
  const behind = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const pale = [];
  let checked = 0;
  for (const node of document.querySelectorAll("body *:not(script)")) {
    if (node.closest("svg, canvas, option") || node.disabled) continue;
    const words = [...node.childNodes].filter((each) => each.nodeType === 3 && each.data.trim());
    if (!words.length || !node.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(node);
    const [ink, paper] = [luminance(parse(style.color)), luminance(behind(node))];
    checked += 1;
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5))
      pale.push(`${words[0].data.trim()}: ${contrast.toFixed(2)}`);
  }
  return [checked, pale];
}"""


def pale_text(page: Any, *, least: int = 5) -> list[str]:
    """List what stands out too little; `least` is how many texts must have been looked at."""
    checked, pale = page.evaluate(_PALE_TEXT)
    assert checked >= least
    found: list[str] = pale
    return found
