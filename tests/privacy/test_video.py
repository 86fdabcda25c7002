from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from numpy.typing import NDArray

from clip_maker import write_video
from lusscore.clips import open_clip, read_facts
from lusscore.privacy.pictures import kept_pixels
from lusscore.privacy.video import copy_video
from lusscore.sector import Sector
from privacy.planted import (
    FAN,
    HEIGHT,
    PEOPLE,
    WIDTH,
    fan_clip,
    fan_mask,
    pictures,
    seen,
    write_gif,
    write_mp4,
)

PERSON = PEOPLE[0]
KEEP = kept_pixels(Sector(HEIGHT, WIDTH, "motion", FAN))
EVERYTHING = np.ones((HEIGHT, WIDTH), bool)


def times(path: Path) -> list[float]:
    return [frame.time for frame in open_clip(path)]


def packets(path: Path) -> list[int]:
    """Return how large each stored picture is, leaving out the first, which holds notes."""
    with av.open(str(path)) as container:
        return [packet.size for packet in container.demux(video=0) if packet.size][1:]


def encode(path: Path, video: NDArray[np.uint8], codec: str, layout: str, **more: Any) -> Path:
    return write_video(path, video, codec, pixels=layout, **({"fps": 20} | more))


def recropped(clip: Path, right: int = 0, bottom: int = 0, suffix: str = ".mp4") -> Path:
    """Copy a stream that says that all its pixels are to be shown, but for some at two edges."""
    copy = clip.with_name(f"{clip.stem}-{right}-{bottom}{suffix}")
    with av.open(str(clip)) as source, av.open(str(copy), "w") as target:
        stream = source.streams.video[0]
        crop = f"crop_left=0:crop_top=0:crop_right={right}:crop_bottom={bottom}"
        out = target.add_stream_from_template(stream, opaque=True)
        said = BitStreamFilterContext(f"{stream.codec_context.name}_metadata={crop}", stream, out)
        for packet in source.demux(stream):
            for changed in said.filter(packet if packet.size else None):
                changed.stream = out
                target.mux(changed)
    return copy


def test_a_name_outside_the_sector_is_gone_and_the_sector_is_as_it_was(tmp_path: Path) -> None:
    clip = write_mp4(tmp_path / "a.mp4", fan_clip(0, "Quistgaard"), PERSON)
    copy = tmp_path / "C.mp4"
    before = pictures(clip)
    assert before[:, ~KEEP].max() > 200
    assert copy_video(clip, copy, KEEP)
    after = pictures(copy)
    assert not after[:, ~KEEP].any()
    assert (after[:, fan_mask()] == before[:, fan_mask()]).all()
    assert times(copy) == pytest.approx(times(clip), abs=1e-4)


CODECS = [
    ("a.mp4", "libx264", "yuv420p"),
    ("a.mkv", "libx264", "yuv444p"),
    ("a.mov", "mjpeg", "yuvj420p"),
    ("a.avi", "mpeg4", "yuv420p"),
    ("a.mpg", "mpeg2video", "yuv420p"),
    ("a.mov", "mjpeg", "yuvj422p"),
    ("a.mov", "libx264", "yuv422p"),
    ("a.mov", "mjpeg", "yuvj444p"),
    ("a.mkv", "ffv1", "bgr0"),
    ("a.mkv", "ffv1", "gray"),
    ("a.mkv", "ffv1", "yuv420p10le"),
]


@pytest.mark.parametrize(("name", "codec", "layout"), CODECS)
def test_every_codec_is_blanked_without_loss(
    tmp_path: Path, name: str, codec: str, layout: str
) -> None:
    clip = encode(tmp_path / name, fan_clip(1, "Balduin"), codec, layout)
    copy = tmp_path / "C.mp4"
    assert copy_video(clip, copy, KEEP)
    before, after = pictures(clip), pictures(copy)
    assert (after == np.where(KEEP[..., None], before, 0)).all()
    assert times(copy) == pytest.approx(times(clip), abs=1e-3)
    with av.open(str(copy)) as container:
        stored = container.streams.video[0].codec_context.format
        assert stored is not None
        # planes of 8 bits are kept as they are stored, anything else becomes red, green and blue
        assert stored.name == (
            layout if layout.startswith("yuv") and "10" not in layout else "gbrp"
        )


def test_a_gif_is_blanked_without_loss(tmp_path: Path) -> None:
    clip = write_gif(tmp_path / "a.gif", fan_clip(2, "Ottilie"), PERSON)
    assert copy_video(clip, tmp_path / "C.mp4", KEEP)
    before, after = pictures(clip), pictures(tmp_path / "C.mp4")
    assert (after == np.where(KEEP[..., None], before, 0)).all()
    assert times(tmp_path / "C.mp4") == pytest.approx(times(clip), abs=1e-3)


def test_odd_sizes(tmp_path: Path) -> None:
    video = fan_clip(3, "")[:, :95, :127]
    clip = write_gif(tmp_path / "a.gif", video, PERSON)
    keep = KEEP[:95, :127]
    copy_video(clip, tmp_path / "C.mp4", keep)
    assert (pictures(tmp_path / "C.mp4") == np.where(keep[..., None], pictures(clip), 0)).all()


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    steps = [0, 50, 90, 200, 205, 400, 470, 1000]
    clip = encode(tmp_path / "a.mkv", fan_clip(4, "x"), "libx264", "yuv420p", fps=1000, ticks=steps)
    assert times(clip) == pytest.approx([step / 1000 for step in steps])
    for keep in (KEEP, EVERYTHING):
        copy_video(clip, tmp_path / "C.mp4", keep)
        assert times(tmp_path / "C.mp4") == pytest.approx(times(clip), abs=1e-3)


def test_with_nothing_to_blank_the_stream_is_copied_and_its_notes_are_not(
    tmp_path: Path,
) -> None:
    clip = write_mp4(tmp_path / "a.mp4", fan_clip(5, "x"), PERSON)
    copy = tmp_path / "out" / "C.mp4"
    copy.parent.mkdir()
    assert not copy_video(clip, copy, EVERYTHING)
    assert (pictures(copy) == pictures(clip)).all()
    assert copy.stat().st_size < clip.stat().st_size
    assert seen(tmp_path, ["PRIVATE-NOTE-6612"]) == [("a.mp4", "PRIVATE-NOTE-6612")]
    assert seen(copy.parent, [*PERSON.strings, "Klaproth", "2020", "x264"]) == []


def test_pictures_between_which_notes_may_hide_are_encoded_anew(tmp_path: Path) -> None:
    clip = encode(tmp_path / "a.avi", fan_clip(6, "x"), "mpeg4", "yuv420p")
    assert not copy_video(clip, tmp_path / "C.mp4", EVERYTHING)
    assert (pictures(tmp_path / "C.mp4") == pictures(clip)).all()
    with av.open(str(tmp_path / "C.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "h264"


def test_only_the_pictures_come_along(tmp_path: Path) -> None:
    (tmp_path / "names.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nQuistgaard\n\n")
    clip = tmp_path / "a.mkv"
    with av.open(str(clip), "w") as container, av.open(str(tmp_path / "names.srt")) as titles:
        stream = container.add_stream("libx264", rate=20)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        written = container.add_stream_from_template(titles.streams.subtitles[0])
        sound = container.add_stream("aac", rate=8000)
        sound.metadata["title"] = "Quistgaard speaks"
        for image in fan_clip(7, ""):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
        for packet in titles.demux():
            if packet.size:
                packet.stream = written
                container.mux(packet)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.rate = 8000
        container.mux(sound.encode(silence))
        container.mux(sound.encode(None))
    assert seen(tmp_path, ["Quistgaard speaks"])
    for keep in (EVERYTHING, KEEP):
        copy = tmp_path / f"out{keep.sum()}" / "C.mp4"
        copy.parent.mkdir()
        copy_video(clip, copy, keep)
        with av.open(str(copy)) as container:
            assert [stream.type for stream in container.streams] == ["video"]
        assert seen(copy.parent, ["Quistgaard"]) == []


def test_a_copy_says_nothing_of_itself(tmp_path: Path) -> None:
    clip = write_mp4(tmp_path / "a.mp4", fan_clip(8, "x"), PERSON)
    for keep in (EVERYTHING, KEEP):
        copy_video(clip, tmp_path / "C.mp4", keep)
        with av.open(str(tmp_path / "C.mp4")) as container:
            told = container.metadata | container.streams.video[0].metadata
        assert set(told) <= {
            "major_brand",
            "minor_version",
            "compatible_brands",
            "language",
            "handler_name",
        }
        assert told["handler_name"] == "VideoHandler"
        assert read_facts(tmp_path / "C.mp4").frame_rate == read_facts(clip).frame_rate


def turned(path: Path) -> Path:
    """Write in the header of an MP4 that it is to be turned by a quarter."""
    raw = bytearray(path.read_bytes())
    matrix = raw.index(b"tkhd") + 4 + 40
    turn = [0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30]
    raw[matrix : matrix + 36] = np.array(turn, ">i4").tobytes()
    path.write_bytes(raw)
    return path


def test_a_video_that_lies_on_its_side_is_copied_as_it_is_shown(tmp_path: Path) -> None:
    clip = turned(write_mp4(tmp_path / "a.mp4", fan_clip(9, "x"), PERSON))
    before = pictures(clip)
    assert before.shape[1:3] == (WIDTH, HEIGHT)
    keep = np.rot90(KEEP) if (before[0, :20, :20] < 30).all() else np.rot90(KEEP, -1)
    for kept in (np.ones_like(keep), keep):
        copy_video(clip, tmp_path / "C.mp4", kept)
        assert (pictures(tmp_path / "C.mp4") == np.where(kept[..., None], before, 0)).all()


@pytest.mark.parametrize("aspect", [Fraction(4, 3), Fraction(3, 4)])
def test_pixels_that_are_not_square_are_copied_as_they_are_shown(
    tmp_path: Path, aspect: Fraction
) -> None:
    clip = tmp_path / "a.mp4"

    def squeeze(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = aspect

    encode(clip, fan_clip(10, "x"), "libx264", "yuv420p", prepare=squeeze)
    before = pictures(clip)
    assert before.shape[1:3] != (HEIGHT, WIDTH)
    keep = np.zeros(before.shape[1:3], bool)
    keep[20:80, 20:100] = True
    for kept in (np.ones_like(keep), keep):
        copy_video(clip, tmp_path / "C.mp4", kept)
        assert (pictures(tmp_path / "C.mp4") == np.where(kept[..., None], before, 0)).all()


def test_metadata_that_is_no_text_is_no_obstacle(tmp_path: Path) -> None:
    clip = tmp_path / "a.avi"
    encode(clip, fan_clip(11, "x"), "mpeg4", "yuv420p", metadata={"title": "Xkonomidis"})
    clip.write_bytes(clip.read_bytes().replace(b"Xkonomidis", "Ökonomidis".encode("latin-1")))
    (tmp_path / "out").mkdir()
    for keep in (EVERYTHING, KEEP):
        copy_video(clip, tmp_path / "out" / "C.mp4", keep)
        assert seen(tmp_path / "out", ["konomidis"]) == []


def test_frames_hidden_by_an_edit_list_stay_hidden(tmp_path: Path) -> None:
    clip = write_mp4(tmp_path / "a.mp4", fan_clip(12, "x", frames=20), PERSON)
    raw = bytearray(clip.read_bytes())
    start = raw.index(b"elst") + 4 + 8 + 4
    # the media time at which the shown part begins, five frames later than it was
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        later = 5 * int(1 / (stream.average_rate * stream.time_base))
    shown = int.from_bytes(raw[start : start + 4], "big") + later
    raw[start : start + 4] = shown.to_bytes(4, "big")
    clip.write_bytes(raw)
    before = pictures(clip)
    assert len(before) < 20
    for keep in (EVERYTHING, KEEP):
        copy_video(clip, tmp_path / "C.mp4", keep)
        assert (pictures(tmp_path / "C.mp4") == np.where(keep[..., None], before, 0)).all()
        with av.open(str(tmp_path / "C.mp4")) as container:
            stored = sum(packet.size > 0 for packet in container.demux(video=0))
        assert stored == len(before), "or a hidden frame is still in the file"


def test_what_the_stream_says_not_to_show_is_not_in_the_copy(tmp_path: Path) -> None:
    video = fan_clip(13, "Quistgaard")
    clip = recropped(encode(tmp_path / "a.mp4", video, "libx264", "yuv420p"), right=48, bottom=24)
    before = pictures(clip)
    assert before.shape[1:3] == (HEIGHT - 24, WIDTH - 48)
    assert pictures(recropped(clip)).shape[1:3] == (HEIGHT, WIDTH), "or nothing was hidden"
    keep = np.ones(before.shape[1:3], bool)
    assert not copy_video(clip, tmp_path / "C.mp4", keep)
    assert (pictures(tmp_path / "C.mp4") == before).all()
    # without a container around it, which states a size too
    with av.open(str(recropped(tmp_path / "C.mp4", suffix=".ts"))) as container:
        images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    stored = np.stack(images).astype(int)
    filled = np.pad(before, ((0, 0), (0, 8), (0, 0), (0, 0)), "edge")
    assert stored.shape == filled.shape
    assert np.abs(stored - filled).max() < 32, "the last block may repeat the edge, and no more"


def test_a_clip_of_a_size_that_does_not_fill_its_blocks_is_copied_as_it_is(tmp_path: Path) -> None:
    video = np.pad(fan_clip(14, "x"), ((0, 0), (0, 4), (0, 0), (0, 0)), "edge")[:, :, :100]
    clip = encode(tmp_path / "a.mp4", video, "libx264", "yuv420p")
    assert not copy_video(clip, tmp_path / "C.mp4", np.ones((100, 100), bool))
    assert packets(tmp_path / "C.mp4") == packets(clip)


QUIET = {"libx264": {}, "libx265": {"x265-params": "log-level=none"}}


def copied_as_it_is(clip: Path) -> bool:
    """Tell whether the stream itself was copied, since nothing is hidden in it."""
    copy = clip.with_name("C.mp4")
    assert not copy_video(clip, copy, np.ones(pictures(clip).shape[1:3], bool))
    return packets(copy) == packets(clip)


@pytest.mark.parametrize("codec", QUIET)
@pytest.mark.parametrize(("right", "bottom"), [(48, 0), (0, 32), (8, 0), (0, 4), (2, 2)])
def test_pixels_at_an_edge_that_are_stored_and_not_shown_are_not_copied(
    tmp_path: Path, codec: str, right: int, bottom: int
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (4, HEIGHT, WIDTH, 3), np.uint8)
    clip = encode(tmp_path / "a.mp4", noise, codec, "yuv420p", options=QUIET[codec])
    assert copied_as_it_is(clip)
    assert not copied_as_it_is(recropped(clip, right, bottom))


def test_even_a_black_part_is_hidden_if_it_is_wider_than_a_block(tmp_path: Path) -> None:
    clip = encode(tmp_path / "a.mp4", np.zeros((4, 64, 64, 3), np.uint8), "libx264", "yuv420p")
    assert not copied_as_it_is(recropped(clip, right=16))
    assert copied_as_it_is(recropped(clip, right=14))


@pytest.mark.parametrize("layout", ["yuv420p", "yuv444p"])
@pytest.mark.parametrize(("height", "width"), [(84, 100), (90, 126), (66, 114)])
def test_what_fills_the_last_block_is_not_taken_for_hidden(
    tmp_path: Path, layout: str, height: int, width: int
) -> None:
    video = fan_clip(0, "Ottilie")[:, :height, :width]
    assert copied_as_it_is(encode(tmp_path / "a.mp4", video, "libx264", layout))


def test_odd_sizes_are_not_taken_for_hidden(tmp_path: Path) -> None:
    video = fan_clip(0, "Ottilie")[:, :95, :127]
    assert copied_as_it_is(encode(tmp_path / "a.mp4", video, "libx264", "yuv444p"))
