"""Which texts of a drawn page cover each other, run out of their drawing, or are too small."""

from __future__ import annotations

from typing import Any

from tests.support.chromium import Page

LEAST_PIXELS = 8

# Each text as the four corners of its own box, turned as it is drawn; two boxes are apart when
# some side of either has one of them wholly on its far side (separating axes).
_FIND = """
(() => {
  const corners = (item) => {
    const box = item.getBBox(), turn = item.getScreenCTM();
    const slim = Math.min(2, box.width / 4), low = Math.min(3, box.height / 4);
    return [[box.x + slim, box.y + low], [box.x + box.width - slim, box.y + low],
            [box.x + box.width - slim, box.y + box.height - low],
            [box.x + slim, box.y + box.height - low]]
      .map(([x, y]) => [turn.a * x + turn.c * y + turn.e, turn.b * x + turn.d * y + turn.f]);
  };
  const apart = (one, two) => [one, two].some((box) => box.some(([x, y], k) => {
    const [u, v] = box[(k + 1) % 4];
    const along = ([p, q]) => (p - x) * (y - v) + (q - y) * (u - x);
    const first = one.map(along), second = two.map(along);
    return Math.max(...first) <= Math.min(...second) || Math.max(...second) <= Math.min(...first);
  }));
  const shown = (item) => {
    for (let node = item; node && node.classList; node = node.parentNode) {
      const style = getComputedStyle(node);
      if (style.display === 'none' || style.visibility === 'hidden' || style.opacity === '0'
          || node.classList.contains('modebar') || node.classList.contains('hoverlayer')) {
        return false;
      }
    }
    const box = item.getBBox();
    return item.textContent.trim() !== '' && box.width > 0 && box.height > 0;
  };
  const found = [];
  for (const plot of document.querySelectorAll('.plot')) {
    const id = plot.dataset.chart, frame = plot.getBoundingClientRect();
    const texts = Array.from(plot.querySelectorAll('.main-svg text')).filter(shown);
    const boxes = texts.map(corners);
    texts.forEach((item, k) => {
      const name = item.textContent.trim();
      if (boxes[k].some(([x, y]) => x < frame.left - 1 || x > frame.right + 1
                                 || y < frame.top - 1 || y > frame.bottom + 1)) {
        found.push(`${id}: outside: ${name}`);
      }
      const { a, b } = item.getScreenCTM();
      const inner = item.querySelector('tspan') || item;
      const size = parseFloat(getComputedStyle(inner).fontSize) * Math.hypot(a, b);
      if (size < LEAST - 0.01) { found.push(`${id}: ${size.toFixed(1)} pixels: ${name}`); }
      for (let n = k + 1; n < texts.length; n += 1) {
        if (!apart(boxes[k], boxes[n])) {
          found.push(`${id}: covered: ${name} / ${texts[n].textContent.trim()}`);
        }
      }
    });
  }
  return found;
})()
""".replace("LEAST", str(LEAST_PIXELS))


def flaws(page: Page) -> list[str]:
    """Return one sentence for each text that covers another, is cut off or is too small."""
    said: list[Any] = page.evaluate(_FIND)
    return [str(one) for one in said]
