"""Draws how the cost of a request grows with the number of signed tags: one SVG, both axes by powers of ten."""

import math
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 640, 360, 56
COLOURS = ("#1a5fb4", "#c64600")
Curve = dict[int, float]


def draw_growth(path: Path, title: str, curves: dict[str, Curve]) -> None:
    """Write a chart of milliseconds by number of tags.

    Args:
        path: where to.
        title: what is measured.
        curves: for each program, milliseconds by number of tags.
    """
    costs = [cost for curve in curves.values() for cost in curve.values()]
    tags = sorted({count for curve in curves.values() for count in curve})
    low, high = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)))
    first, last = math.log10(tags[0]), math.log10(tags[-1])

    def at(count: float, cost: float) -> tuple[float, float]:
        across = (math.log10(count) - first) / (last - first)
        up = (math.log10(cost) - low) / (high - low)
        return MARGIN + across * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{WIDTH / 2}" y="24" text-anchor="middle" font-size="15">{title}</text>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">signed tags</text>',
    ]
    for power in range(low, high + 1):
        x, y = at(tags[0], 10.0**power)
        lines.append(f'<path d="M{x:.0f} {y:.0f}H{WIDTH - MARGIN}" stroke="#ddd"/>')
        lines.append(
            f'<text x="{x - 6:.0f}" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g} ms</text>'
        )
    for count in tags:
        x, _ = at(count, costs[0])
        lines.append(
            f'<text x="{x:.0f}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{count:,}</text>'
        )
    for (name, curve), colour in zip(curves.items(), COLOURS, strict=False):
        points = [at(count, curve[count]) for count in sorted(curve)]
        spelled = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(
            f'<polyline points="{spelled}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        x, y = points[-1]
        lines.append(
            f'<text x="{x - 8:.0f}" y="{y - 8:.0f}" text-anchor="end" fill="{colour}">{name}</text>'
        )
    path.write_text("\n".join([*lines, "</svg>"]) + "\n", encoding="utf-8")
