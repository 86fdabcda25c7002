from pathlib import Path

from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.features.clock import Clock
from lusscore.features.media import Media
from lusscore.features.plan import aside_path, plan_clips, select_frames


def test_frames_are_chosen_by_the_cards_policy() -> None:
    media = [Media("a.mp4", "aa", 9), Media("b.mp4", "", 0, "cannot be read")]
    a, b = plan_clips(media, ExtractionSettings(frames=FramesPolicy("every", 4)))
    assert (a.path, a.digest, a.frames.tolist(), a.error) == ("a.mp4", "aa", [0, 4, 8], "")
    assert (b.frames.tolist(), b.error) == ([], "cannot be read")


def test_files_set_aside_are_told_apart_by_fingerprint() -> None:
    path = Path("features") / "c" / "vgg16.h5"
    assert aside_path(path, "0123456789abcdef") == path.parent / "aside" / "vgg16-0123456789ab.h5"


def test_repeated_frames_are_taken_out_before_the_policy_picks_if_the_card_says_so() -> None:
    clip = Media("a.mp4", "aa", 8, repeats=(1, 3, 5, 7))
    drop = ExtractionSettings(frames=FramesPolicy("every", 2), repeated="drop")
    assert select_frames(clip, drop).tolist() == [0, 4]
    keep = ExtractionSettings(frames=FramesPolicy("every", 2))
    assert select_frames(clip, keep).tolist() == [0, 2, 4, 6]


def test_frames_per_second_follow_the_clip_s_clock() -> None:
    clip = Media("a.mp4", "aa", 50, clock=Clock.of([n / 25 for n in range(50)]))
    settings = ExtractionSettings(frames=FramesPolicy("per-second", 2))
    assert select_frames(clip, settings).tolist() == [0, 13, 25, 38]
