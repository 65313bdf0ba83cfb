"""Curves as SVG text: score distributions and DET curves, without a plotting library. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

Curve = tuple[Sequence[float], Sequence[float]]

WIDTH, HEIGHT = 720, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 20, 40, 60
_COLOURS = ("#1b6ca8", "#c8553d", "#3d7d3a", "#7a4b94", "#8a6d1d", "#333333")
_TICKS = 6


@dataclass(frozen=True, slots=True)
class Axis:
    """`low` to `high`; on a logarithmic axis both are above 0, and what is below `low` is drawn at it."""

    label: str
    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """Where on the axis, 0 to 1."""
        low, high = self.low, self.high
        value = min(max(value, low), high)
        if self.log:
            return (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low))
        return (value - low) / (high - low)

    def ticks(self) -> list[float]:
        """Values with a label: powers of ten, or evenly spread."""
        if self.log:
            powers = range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1)
            return [10.0**power for power in powers]
        return [self.low + (self.high - self.low) * step / (_TICKS - 1) for step in range(_TICKS)]


def _x(axis: Axis, value: float) -> float:
    return _LEFT + axis.share(value) * (WIDTH - _LEFT - _RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - _BOTTOM - axis.share(value) * (HEIGHT - _TOP - _BOTTOM)


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(text)}</text>'


def _frame(x_axis: Axis, y_axis: Axis) -> list[str]:
    parts = []
    for value in x_axis.ticks():
        x = _x(x_axis, value)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{HEIGHT - _BOTTOM}" stroke="#ddd"/>')
        parts.append(_text(x, HEIGHT - _BOTTOM + 18, f"{value:g}"))
    for value in y_axis.ticks():
        y = _y(y_axis, value)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{value:g}", "end"))
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    parts.append(_text(WIDTH / 2, HEIGHT - 16, x_axis.label))
    parts.append(_text(18, middle, y_axis.label, "middle", f'transform="rotate(-90 18 {middle:.1f})"'))
    return parts


def plot(title: str, axes: tuple[Axis, Axis], curves: Mapping[str, Curve]) -> str:
    """A whole SVG file: each named curve as a line, with a legend."""
    x_axis, y_axis = axes
    parts = _frame(x_axis, y_axis)
    for number, (name, (xs, ys)) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(f"{_x(x_axis, x):.1f},{_y(y_axis, y):.1f}" for x, y in zip(xs, ys, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = _TOP + 16 + 16 * number
        parts.append(_text(WIDTH - _RIGHT - 8, y, name, "end", f'fill="{colour}"'))
    parts.append(_text(WIDTH / 2, 22, title, "middle", 'font-size="15"'))
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12" fill="#222"'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{ground}\n<g {style}>\n{body}\n</g>\n</svg>\n'
