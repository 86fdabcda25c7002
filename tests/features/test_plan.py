from pathlib import Path

from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.features.media import Media
from lusscore.features.plan import aside_path, plan_clips


def test_frames_are_chosen_by_the_cards_policy() -> None:
    media = [Media("a.mp4", "aa", 9), Media("b.mp4", "", 0, "cannot be read")]
    a, b = plan_clips(media, ExtractionSettings(frames=FramesPolicy("every", 4)))
    assert (a.path, a.digest, a.frames.tolist(), a.error) == ("a.mp4", "aa", [0, 4, 8], "")
    assert (b.frames.tolist(), b.error) == ([], "cannot be read")


def test_files_set_aside_are_told_apart_by_fingerprint() -> None:
    path = Path("features") / "c" / "vgg16.h5"
    assert aside_path(path, "0123456789abcdef") == path.parent / "aside" / "vgg16-0123456789ab.h5"
