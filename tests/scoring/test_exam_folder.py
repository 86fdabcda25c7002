from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from lusscore.errors import ExamError
from lusscore.scoring import write_exam


def test_files_are_whole_at_every_moment_whoever_writes_beside(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "exam"
    # longer and shorter, so that what is left of one after the other would show
    texts = [letter * size for letter, size in (("a", 3_000_000), ("b", 2_000_000))]
    write_exam(folder, {"report.html": texts[0]})

    def again(text: str) -> None:
        for _ in range(15):
            write_exam(folder, {"report.html": text})

    writers = [Thread(target=again, args=(text,)) for text in texts]
    for writer in writers:
        writer.start()
    seen = []
    while any(writer.is_alive() for writer in writers):
        seen.append((folder / "report.html").read_text(encoding="utf-8") in texts)
    for writer in writers:
        writer.join()
    assert seen
    assert all(seen)
    assert [path.name for path in folder.iterdir()] == ["report.html"]


def test_bytes_are_the_same_on_every_system(tmp_path: Path) -> None:
    write_exam(tmp_path, {"a.csv": "ä\nb\n", "b.json": "\udcff"})
    assert (tmp_path / "a.csv").read_bytes() == "ä\nb\n".encode()
    assert (tmp_path / "b.json").read_bytes() == b"?"


def test_a_place_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExamError, match=r"cannot be written to .*file \(.*--output"):
        write_exam(tmp_path / "file", {"a": "b"})
