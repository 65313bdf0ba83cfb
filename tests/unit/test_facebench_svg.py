"""Plots as text."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from towerd.facebench.svg import HEIGHT, WIDTH, Axis, plot


def test_an_axis_places_its_values_evenly_or_by_powers() -> None:
    even = Axis("x", 0.0, 10.0)
    assert [even.share(value) for value in (0, 5, 10, -3, 20)] == [0, 0.5, 1, 0, 1]
    assert even.ticks() == [0, 2, 4, 6, 8, 10]
    power = Axis("y", 1e-4, 1.0, log=True)
    assert power.share(1e-2) == pytest.approx(0.5)
    assert power.share(0.0) == 0.0  # nothing is left of the axis
    assert power.ticks() == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1])


def test_a_plot_is_well_formed_and_holds_each_curve_in_its_frame() -> None:
    text = plot("a < b", (Axis("x", 0, 1), Axis("y", 1e-3, 1, log=True)), {"one": ([0, 1], [1e-3, 1]), "two": ([], [])})
    tree = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    lines = tree.findall(f".//{space}polyline")
    assert len(lines) == 2
    points = [tuple(map(float, point.split(","))) for point in lines[0].attrib["points"].split()]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in points)
    assert points[0][0] < points[1][0]
    assert points[0][1] > points[1][1]
    assert {"one", "two", "a < b"} <= {node.text for node in tree.iter(f"{space}text")}
