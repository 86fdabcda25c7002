"""What clips are on disk: digested and read once, remembered by content, never wrongly."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clip_maker import moving_bar, write_video
from lusscore.clips import count_frames, digest_clip
from lusscore.cohort import Card, Cohort, ExtractionSettings, FramesPolicy, Segment, write_cohort
from lusscore.errors import ClipError
from lusscore.features import Media, MediaIndex, Survey, plan_clip, survey_clip
from lusscore.files import read_record, write_record
from lusscore.sector import Sector, find_sector
from sector_maker import fan_clip, write_text


def frames(media: list[Media]) -> list[int]:
    return [one.survey.frames if one.survey else 0 for one in media]


def test_one_reading_gives_what_several_would(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", fan_clip(9), fps=20)
    survey = survey_clip(path)
    assert survey.frames == count_frames(path) == 9
    assert survey.sector == find_sector(path)
    np.testing.assert_allclose(survey.times, np.arange(9) / 20, atol=1e-6)
    assert survey.repeats == ()


def test_a_clip_encoded_again_at_twice_the_rate_repeats_every_other_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", fan_clip(8).repeat(2, axis=0))
    np.testing.assert_array_equal(survey_clip(path).repeats, np.arange(1, 16, 2))


def test_a_drift_that_is_slow_is_no_repeat(tmp_path: Path) -> None:
    """Each frame is nearly the one before; the last is far from the first."""
    folder = tmp_path / "drift"
    folder.mkdir()
    columns = np.arange(320)
    for number in range(60):
        wave = 120 + 100 * np.sin((columns + 0.1 * number) / 25)
        picture = np.broadcast_to(wave[None, :, None], (240, 320, 3)).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{number:03d}.png")
    survey = survey_clip(folder)
    assert 0 < len(survey.repeats) < 50
    # pictures have no clock
    assert len(survey.times) == 60
    assert np.isnan(survey.times).all()


def test_a_broken_clip_gets_its_sentence(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", fan_clip(9))
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ClipError, match="a.mp4"):
        survey_clip(path)


def test_every_clip_is_digested_and_surveyed_once_for_all_cohorts(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(2, frames=5)
    told: list[tuple[int, int]] = []
    digested = MediaIndex(cohort, tmp_path).digest(lambda *at: told.append(at))
    assert [one.clip for one in digested] == list(cohort.clips())
    assert digested[0].digest == digest_clip(cohort.clip_path(digested[0].clip))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert frames(digested) == [0] * 4
    first = MediaIndex(cohort, tmp_path).survey_all()
    assert frames(first) == [5] * 4
    # digest() reads no clip
    other = MediaIndex(make_cohort(2, name="other"), tmp_path).digest()
    assert [one.survey for one in other] == [one.survey for one in first]


def test_what_was_read_is_remembered_word_for_word(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "fans"
    folder.mkdir(parents=True)
    write_video(folder / "a.mp4", write_text(fan_clip(), "L3", 10, 200))
    Image.fromarray(fan_clip(1)[0]).save(folder / "b.png")
    segments = [Segment(name, "p", "1", "", 1) for name in ("a.mp4", "b.png")]
    cohort = write_cohort(folder, Card("fans", "blue-6", "unknown"), segments)
    first = MediaIndex(cohort, tmp_path).survey_all()
    # digest() reads no clip, so what it tells of frames and sectors is remembered
    assert str(MediaIndex(cohort, tmp_path).digest()) == str(first)
    sectors = [one.survey.sector for one in first if one.survey]
    assert [sector.source for sector in sectors] == ["motion", "brightness"]
    assert len(sectors[0].text) == 1


def test_a_clip_of_the_same_size_and_time_is_not_read_again_unless_all_are(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    path = cohort.clip_path(cohort.clips()[0])
    before, _ = MediaIndex(cohort, tmp_path).survey_all()
    stat, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert MediaIndex(cohort, tmp_path).digest()[0] == before
    again, _ = MediaIndex(cohort, tmp_path, reread=True).digest()
    assert again.digest == digest_clip(path) != before.digest


def test_a_clip_that_fails_is_reported_and_tried_again(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    path = cohort.clip_path(cohort.clips()[0])
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    first, second = MediaIndex(cohort, tmp_path).survey_all()
    assert path.stem not in first.error
    assert (first.survey, first.away, second.error) == (None, False, "")
    path.write_bytes(whole)
    assert frames(MediaIndex(cohort, tmp_path).survey_all()) == [5, 5]


def test_a_clip_that_is_away_keeps_what_is_known_of_it(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    known, _ = MediaIndex(cohort, tmp_path).survey_all()
    cohort.clip_path(known.clip).rename(tmp_path / "elsewhere.mp4")
    for _ in range(2):
        away, _ = MediaIndex(cohort, tmp_path).survey_all()
        assert (away.away, away.digest, away.survey) == (True, known.digest, known.survey)
        assert Path(known.clip).stem not in away.error
    never, _ = MediaIndex(cohort, tmp_path / "new").survey_all()
    assert (never.away, never.digest, never.survey) == (True, "", None)


def test_a_clip_that_changes_while_it_is_read_is_an_error_and_not_remembered(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    index = MediaIndex(cohort, tmp_path)
    first, _ = index.digest()
    write_video(cohort.clip_path(first.clip), moving_bar(7, seed=9))
    found = index.survey(first)
    assert found.survey is None
    assert "changed while it was being read" in found.error
    assert frames(MediaIndex(cohort, tmp_path).survey_all()) == [7, 5]


def test_what_other_code_remembered_is_not_used(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    MediaIndex(cohort, tmp_path).survey_all()

    def rewrite(schema: Callable[[str], str]) -> None:
        for path in (tmp_path / ".cache" / "clips").rglob("*.json"):
            record = read_record(path)
            survey = record["survey"] | {"frames": 99}
            write_record(path, record | {"schema": schema(record["schema"]), "survey": survey})

    rewrite(lambda schema: schema)
    assert frames(MediaIndex(cohort, tmp_path).survey_all()) == [99, 99]
    rewrite(lambda schema: f"{schema}.1")
    assert frames(MediaIndex(cohort, tmp_path).survey_all()) == [5, 5]


def test_where_nothing_can_be_written_nothing_is_remembered(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    (tmp_path / "file").write_text("in the place of a folder")
    (tmp_path / "read-only").mkdir(mode=0o500)
    for folder in ("file", "read-only"):
        for _ in range(2):
            assert frames(MediaIndex(cohort, tmp_path / folder).survey_all()) == [5, 5]


def surveyed(count: int, repeats: tuple[int, ...] = (), period: float = np.nan) -> Media:
    times = tuple((period * np.arange(count)).tolist())
    sector = Sector(4, 4, "none", (), ())
    return Media("a.mp4", "aa", (1,), survey=Survey(count, None, tuple(times), repeats, sector))


@pytest.mark.parametrize(
    ("media", "settings", "expected"),
    [
        (surveyed(9), {"frames": FramesPolicy("every", 4)}, [0, 4, 8]),
        # repeated frames are taken out before the policy picks
        (surveyed(8, (1, 3, 5, 7)), {"frames": FramesPolicy("every", 2)}, [0, 2, 4, 6]),
        (
            surveyed(8, (1, 3, 5, 7)),
            {"frames": FramesPolicy("every", 2), "repeated": "drop"},
            [0, 4],
        ),
        # frames per second follow the clip's own clock
        (
            surveyed(50, period=1 / 25),
            {"frames": FramesPolicy("per-second", 2)},
            [0, 13, 25, 38],
        ),
        (Media("b.mp4", error="cannot be read"), {}, []),
    ],
)
def test_frames_are_chosen_by_the_cards_policy(
    media: Media, settings: dict[str, object], expected: list[int]
) -> None:
    clip = plan_clip(media, ExtractionSettings(**settings))  # type: ignore[arg-type]
    assert clip.frames.tolist() == expected
    assert (clip.path, clip.digest, clip.error) == (media.clip, media.digest, media.error)
