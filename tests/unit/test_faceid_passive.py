from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.faces import ScriptedEngine, face
from tests.support.tiny_onnx import GREEN, folder_of_models, network
from towerd.faceid import passive
from towerd.faceid.engine import EngineError, Image
from towerd.faceid.passive import FILES, FRAMES, SCORE_MIN, Passive, accepted, fused, surroundings


def coloured(blue: int, green: int, red: int) -> Image:
    return np.full((480, 640, 3), (blue, green, red), np.uint8)


def test_eight_frames_of_enough_are_accepted_and_fewer_never() -> None:
    assert accepted([0.11] * FRAMES)
    assert not accepted([0.09] * FRAMES)
    assert not accepted([1.0] * (FRAMES - 1))
    assert not accepted([])


def test_one_frame_without_life_is_borne_and_half_of_them_are_not() -> None:
    assert accepted([0.9] * 7 + [0.0])
    assert not accepted([1.0] * 4 + [0.0] * 4)
    assert fused([0.9] * 7 + [0.0]) == pytest.approx(fused([0.9] * 7 + [SCORE_MIN]))
    assert fused([0.4, 0.1]) == pytest.approx(0.2)


def test_both_networks_see_the_face_and_say_how_alive_it_is(tmp_path: Path) -> None:
    check = Passive(folder_of_models(tmp_path))
    assert check.live(coloured(20, 200, 20), face()) == pytest.approx(1, abs=1e-3)
    assert check.live(coloured(20, 20, 200), face()) == pytest.approx(SCORE_MIN, rel=1e-3)


def test_of_a_face_that_is_in_view_twice_one_is_a_picture(tmp_path: Path) -> None:
    check, engine, image = Passive(folder_of_models(tmp_path)), ScriptedEngine(), coloured(20, 200, 20)
    here, there = face(), face(left=10, side=40)
    vector = engine.embed(image, here)
    alone = check.judge(engine, image, [here], here, vector)
    assert alone == check.live(image, here)
    assert check.judge(engine, image, [here, there], here, vector) == 0
    engine.others = {there: 1}
    assert check.judge(engine, image, [here, there], here, vector) == alone


def test_a_crowd_costs_no_more_than_one_look(tmp_path: Path) -> None:
    check, engine, image = Passive(folder_of_models(tmp_path)), ScriptedEngine(), coloured(20, 200, 20)
    here, crowd = face(), [face(left=10 * number, side=40) for number in range(10)]
    engine.others = {crowd[0]: 1}
    vector = engine.embed(image, here)
    assert check.judge(engine, image, [here, *crowd], here, vector) > 0, "those behind the nearest are not looked at"


def test_the_surroundings_are_widened_about_the_face() -> None:
    image = (
        np.repeat(np.arange(640, dtype=np.int64)[None, :, None] // 4, 480, axis=0).repeat(3, axis=2).astype(np.uint8)
    )
    patch = surroundings(image, face(left=270, side=100), 2.0)
    assert patch.shape == (80, 80, 3)
    assert float(patch.mean()) * 4 == pytest.approx(320, abs=5)
    assert (int(patch.min()) * 4, int(patch.max()) * 4) == (pytest.approx(220, abs=6), pytest.approx(420, abs=6))


@pytest.mark.parametrize("where", [face(left=0, top=0), face(left=560, top=400), face(left=-30, top=430)])
def test_at_the_edge_they_are_moved_into_the_picture(where: object) -> None:
    image = coloured(10, 20, 30)
    image[0] = image[-1] = 255
    assert surroundings(image, where, 2.7).shape == (80, 80, 3)  # type: ignore[arg-type]


def test_a_face_as_large_as_the_picture_is_taken_whole() -> None:
    patch = surroundings(coloured(10, 20, 30), face(left=80, top=0, side=480), 4.0)
    assert np.unique(patch.reshape(-1, 3), axis=0).tolist() == [[10, 20, 30]]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder_of_models(tmp_path)
    (tmp_path / FILES[1][0]).unlink()
    with pytest.raises(EngineError, match=rf"{FILES[1][0]}: No such file"):
        Passive(tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no network"),
        (b"noise" * 1000, "no network"),
        (GREEN[:-30], "no network"),
        (network("GlobalAveragePool", "Flatten"), "probabilities"),
        (network("Flatten", "Softmax"), "probabilities"),
    ],
)
def test_what_is_not_the_network_it_should_be_is_not_used(tmp_path: Path, content: bytes, why: str) -> None:
    (folder_of_models(tmp_path) / FILES[0][0]).write_bytes(content)
    with pytest.raises(EngineError, match=why):
        Passive(tmp_path)


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passive, "_MODEL_MAX_BYTES", 100)
    with pytest.raises(EngineError, match="too large"):
        Passive(folder_of_models(tmp_path))
