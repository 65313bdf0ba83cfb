"""What a folder of sets holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.face_sets import make_sets, save, save_film
from towerd.facebench.recordings import Pair, folds, photo_people, series


def test_people_and_their_pictures_come_in_their_order(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        save(tmp_path / "img" / "A" / f"A_{number}.jpg", number)
    (tmp_path / "img" / "A" / "note.txt").write_text("no picture")
    (tmp_path / "img" / "empty").mkdir()
    (tmp_path / "img" / "B").mkdir()
    (tmp_path / "img" / "B" / "me.jpg").write_bytes(b"broken")
    one, other = photo_people(tmp_path / "img")
    assert (one.key, one.person) == ("img/A", "A")
    assert [int(image[60, 80, 0]) // 8 for image in one.images()] == [1, 2, 10]
    assert [image.any() for image in other.images()] == [False]  # what cannot be read shows nobody
    assert (one.numbers, other.numbers) == ((1, 2, 10), (0,))


def test_recordings_are_folders_or_films(tmp_path: Path) -> None:
    make_sets(tmp_path)
    save_film(tmp_path / "video" / "real" / "somebody.avi", [3] * 25)
    prints = series(tmp_path, "nuaa/print")
    assert [one.person for one in prints] == ["0000", "0001", "0002", "0003"]
    film = series(tmp_path, "video/real")[0]
    assert (film.key, film.person) == ("video/real/somebody.avi", "somebody")
    assert len(list(film.images())) == 13  # every second of 25
    assert series(tmp_path, "video/replay") == []


def test_pairs_of_one_and_of_two_people() -> None:
    found = folds("2\t1\nA\t1\t2\nA\t1\tB\t3\nB\t2\t3\nA\t2\tC\t1\n")
    assert [len(fold) for fold in found] == [2, 2]
    assert found[0][0] == Pair(("A", 1), ("A", 2))
    assert found[0][0].same
    assert found[0][1] == Pair(("A", 1), ("B", 3))
    assert not found[0][1].same


@pytest.mark.parametrize("text", ["2\t1\nA\t1\t2\n", "1\t1\nA\t1\nA\t1\tB\t2\n"])
def test_pairs_that_are_none_are_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"pairs\.txt"):
        folds(text)
