"""Exports that a running Label Studio 1.23.2 wrote, of made-up clips labelled through its API.

Two projects: in ``clips`` one choice scores a clip (a second annotation of c.mp4 was cancelled); in
``stretches`` ranges of a timeline score frames 1–3 and 4–6, and c.mp4 has no annotation.
"""

from pathlib import Path

import pytest

from clip_maker import moving_bar, write_video
from lusscore.cohort import consensus_labels
from lusscore.cohort.importers import ImportOptions, get_importer
from lusscore.cohort.segments import Segment

EXPORTS = Path(__file__).parent / "exports"


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        write_video(tmp_path / name, moving_bar(8))
    return tmp_path


def segments_of(export: str, media: Path) -> dict[str, list[Segment]]:
    options = ImportOptions(protocol="blue-6", media=media, columns={"fps": "25"})
    imported = get_importer("label-studio")(EXPORTS / export, options)
    found: dict[str, list[Segment]] = {}
    for segment in consensus_labels(imported.segments, None).segments:
        found.setdefault(Path(segment.clip).name, []).append(segment)
    return found


@pytest.mark.parametrize("export", ["clips.json", "clips-min.json", "clips.csv"])
def test_scores_of_clips(export: str, media: Path) -> None:
    told = {
        name: (segment.patient, segment.zone, segment.score)
        for name, segments in segments_of(export, media).items()
        for segment in segments
    }
    assert told == {"a.mp4": ("p1", "R1", 2), "b.mp4": ("p1", "L1", 0), "c.mp4": ("p2", "R1", 3)}


@pytest.mark.parametrize("export", ["stretches.json", "stretches-min.json", "stretches.csv"])
def test_scores_of_stretches(export: str, media: Path) -> None:
    found = segments_of(export, media)
    for name, zone in (("a.mp4", "R1"), ("b.mp4", "L1")):
        labelled = [segment for segment in found[name] if segment.score is not None]
        told = [
            (segment.frame_start, segment.frame_end, segment.score, segment.zone)
            for segment in labelled
        ]
        assert told == [(0, 3, 1, zone), (3, 6, 3, zone)]
    assert all(segment.score is None for segment in found.get("c.mp4", []))
