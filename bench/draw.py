"""Draws curves: one SVG, with axes by equal steps or by powers of ten."""

import math
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 640, 360, 64
COLOURS = ("#1a5fb4", "#c64600", "#26a269", "#813d9c", "#986a44", "#5e5c64", "#a51d2d")
Curve = dict[float, float]


@dataclass(frozen=True)
class Axis:
    """What is counted along an axis.

    Attributes:
        is_even: by equal steps from nothing; else by powers of ten.
        most: where an even axis ends, at least.
    """

    name: str
    is_even: bool = False
    most: float = 0


@dataclass(frozen=True)
class _Scale:
    """Where a value is between the two ends of an axis, and which values are named."""

    first: float
    last: float
    is_even: bool

    @classmethod
    def over(cls, axis: Axis, values: list[float], *, whole: bool) -> "_Scale":
        if axis.is_even:
            return cls(0.0, max(*values, axis.most), is_even=True)
        low, high = math.log10(min(values)), math.log10(max(values))
        if whole:
            low, high = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
        return cls(low, high, is_even=False)

    def share(self, value: float) -> float:
        at = value if self.is_even else math.log10(value)
        return (at - self.first) / (self.last - self.first)

    def marks(self) -> list[float]:
        if not self.is_even:
            return [10.0**power for power in range(math.ceil(self.first), int(self.last) + 1)]
        step = 10 ** math.floor(math.log10(self.last))
        step = step / 2 if self.last / step < 3 else step
        return [step * number for number in range(int(self.last / step) + 1)]


def draw(path: Path, title: str, across: Axis, up: Axis, curves: dict[str, Curve]) -> None:
    """Write a chart of some curves, each named at its right end.

    Args:
        path: where to.
        title: what is measured.
        across: the axis of the curves' keys.
        up: the axis of their values.
        curves: by name.
    """
    xs = _Scale.over(across, [x for curve in curves.values() for x in curve], whole=False)
    ys = _Scale.over(up, [y for curve in curves.values() for y in curve.values()], whole=True)

    def at(x: float, y: float) -> tuple[float, float]:
        return MARGIN + xs.share(x) * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - ys.share(y) * (HEIGHT - 2 * MARGIN)  # fmt: skip

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{WIDTH / 2}" y="24" text-anchor="middle" font-size="15">{title}</text>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">{across.name}</text>',
    ]
    for value in ys.marks():
        y = HEIGHT - MARGIN - ys.share(value) * (HEIGHT - 2 * MARGIN)
        lines.append(f'<path d="M{MARGIN} {y:.0f}H{WIDTH - MARGIN}" stroke="#ddd"/>')
        lines.append(f'<text x="{MARGIN - 6}" y="{y + 4:.0f}" text-anchor="end">{value:,g} {up.name}</text>')  # fmt: skip
    for value in xs.marks():
        x = MARGIN + xs.share(value) * (WIDTH - 2 * MARGIN)
        lines.append(f'<text x="{x:.0f}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{value:,g}</text>')  # fmt: skip
    placed: list[float] = []
    for (name, curve), colour in zip(curves.items(), COLOURS, strict=False):
        points = [at(x, curve[x]) for x in sorted(curve)]
        lines += _curve(points, colour, has_dots=len(points) < 20)
        x, y = points[-1]
        label = y - 8
        while any(abs(label - other) < 13 for other in placed):
            label -= 13
        placed.append(label)
        lines.append(f'<text x="{x - 8:.0f}" y="{label:.0f}" text-anchor="end" fill="{colour}">{name}</text>')  # fmt: skip
    path.write_text("\n".join([*lines, "</svg>"]) + "\n", encoding="utf-8")


def _curve(points: list[tuple[float, float]], colour: str, *, has_dots: bool) -> list[str]:
    spelled = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = f'<polyline points="{spelled}" fill="none" stroke="{colour}" stroke-width="2"/>'
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    return [line, *(dots if has_dots else [])]
