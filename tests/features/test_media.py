import json
import os
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from clip_maker import write_video
from lusscore.clips import digest_clip
from lusscore.cohort import Card, Cohort, Span, write_cohort
from lusscore.features.media import index_media
from sector_maker import fan_clip, write_text


def test_every_clip_is_digested_and_counted(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(2, frames=5)
    told: list[tuple[int, int]] = []
    media = index_media(cohort, tmp_path / "m.json", progress=lambda *at: told.append(at))
    assert [entry.clip for entry in media] == list(cohort.clips())
    assert all(entry.frames == 5 and not entry.error for entry in media)
    assert media[0].digest == digest_clip(cohort.clip_path(media[0].clip))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_an_untouched_clip_is_not_read_again(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    memory = tmp_path / "m.json"
    index_media(cohort, memory)
    document = json.loads(memory.read_text())
    document["clips"][0]["frames"] = 99
    memory.write_text(json.dumps(document))
    assert index_media(cohort, memory)[0].frames == 99
    os.utime(cohort.clip_path(cohort.clips()[0]))
    assert index_media(cohort, memory)[0].frames == 5


def test_a_clip_that_fails_is_told_and_tried_again(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    path = cohort.clip_path(cohort.clips()[0])
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    first, second = index_media(cohort, tmp_path / "m.json")
    assert first.frames == 0
    assert "cannot be decoded" in first.error
    assert not second.error
    path.write_bytes(whole)
    assert index_media(cohort, tmp_path / "m.json")[0].frames == 5


def test_a_damaged_memory_is_made_anew(make_cohort: Callable[..., Cohort], tmp_path: Path) -> None:
    cohort = make_cohort(1)
    for nonsense in ("", "{", '{"schema": 1}', '{"schema": 9, "clips": []}', "[1]"):
        (tmp_path / "m.json").write_text(nonsense)
        assert [entry.frames for entry in index_media(cohort, tmp_path / "m.json")] == [5, 5]


def test_what_a_reading_told_is_remembered_word_for_word(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "fans"
    folder.mkdir(parents=True)
    write_video(folder / "a.mp4", write_text(fan_clip(), "L3", 10, 200))
    Image.fromarray(fan_clip(1)[0]).save(folder / "b.png")
    spans = [Span(name, "p", "1", "", 1) for name in ("a.mp4", "b.png")]
    cohort = write_cohort(folder, Card("fans", "blue-6", "unknown"), spans)
    first = index_media(cohort, tmp_path / "m.json")
    again = index_media(cohort, tmp_path / "m.json")
    assert str(again) == str(first)
    assert [entry.sector.source for entry in first if entry.sector] == ["motion", "brightness"]
    assert first[0].sector is not None
    assert len(first[0].sector.text) == 1
    assert again[0] == first[0]


def test_a_memory_of_another_version_of_the_code_is_read_anew(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort, memory = make_cohort(1), tmp_path / "m.json"
    index_media(cohort, memory)
    document = json.loads(memory.read_text())
    document["clips"][0]["frames"] = 99
    for part in range(3):
        numbers = document["schema"].split(".")
        numbers[part] = "0"
        memory.write_text(json.dumps(document | {"schema": ".".join(numbers)}))
        assert index_media(cohort, memory)[0].frames == 5
