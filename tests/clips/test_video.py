import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from clip_maker import encode, moving_bar, write_video
from lusscore.clips import clip_times, count_frames, open_clip, read_facts
from lusscore.errors import ClipError
from seed_clips import VIDEO_SEEDS, write_coded


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", moving_bar(7), fps=25)


def test_frames_come_in_order_with_number_time_and_rgb(clip: Path) -> None:
    frames = list(open_clip(clip))
    assert [frame.index for frame in frames] == list(range(7))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(7) / 25, atol=1e-6)
    assert all(frame.rgb.shape == (48, 64, 3) and frame.rgb.dtype == np.uint8 for frame in frames)


def test_pixels_are_those_that_were_encoded(clip: Path) -> None:
    for frame, truth in zip(open_clip(clip), moving_bar(7), strict=True):
        bright = np.abs(frame.rgb.astype(int) - truth)[truth > 200]
        assert bright.mean() < 15


def test_colours_are_those_that_were_encoded(tmp_path: Path) -> None:
    colours = np.array([[220, 30, 40], [40, 200, 60], [30, 60, 210], [230, 210, 40]], np.uint8)
    video = np.tile(colours[:, None, None, :], (1, 48, 64, 1))
    frames = list(open_clip(write_video(tmp_path / "clip.mp4", video)))
    for frame, colour in zip(frames, colours, strict=True):
        np.testing.assert_allclose(frame.rgb.mean(axis=(0, 1)), colour, atol=12)


def test_only_wanted_frames_are_given(clip: Path) -> None:
    everything = list(open_clip(clip))
    some = list(open_clip(clip, {1, 5}))
    assert [frame.index for frame in some] == [1, 5]
    np.testing.assert_array_equal(some[1].rgb, everything[5].rgb)
    assert some[1].time == everything[5].time


@pytest.mark.parametrize("faststart", [False, True])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_truncated_video_is_told_from_a_whole_one(
    tmp_path: Path, faststart: bool, part: float
) -> None:
    clip = write_video(tmp_path / "clip.mp4", moving_bar(40, 96, 96), faststart=faststart)
    whole = clip.read_bytes()
    clip.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(ClipError, match="cannot be decoded|is truncated"):
        count_frames(clip)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", r"clip\.mp4: the file is empty \(0 bytes\)"),
        ("not a video at all\n" * 40, r"clip\.mp4: the file cannot be decoded as a video"),
    ],
)
def test_what_is_no_video_gets_a_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "clip.mp4").write_text(content)
    with pytest.raises(ClipError, match=sentence):
        list(open_clip(tmp_path / "clip.mp4"))


def test_a_file_without_a_picture_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        samples = np.zeros((1, 1024), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(ClipError, match="no video stream"):
        count_frames(path)


def write_shown(
    path: Path, *, rotation: int = 0, mirror: bool = False, aspect: Fraction | None = None
) -> Path:
    """Write a video, upper left quarter white, to be turned, mirrored or stretched when shown."""
    video = np.zeros((3, 48, 64, 3), np.uint8)
    video[:, :24, :32] = 255

    def prepare(stream: Any) -> None:
        if rotation or mirror:
            stream.set_display_rotation(rotation, hflip=mirror)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect

    encode(path, video, prepare=prepare)
    return path


def lit_quarter(rgb: np.ndarray) -> str:
    height, width = (side // 2 for side in rgb.shape[:2])
    quarters = {
        "upper left": rgb[:height, :width],
        "upper right": rgb[:height, width:],
        "lower left": rgb[height:, :width],
        "lower right": rgb[height:, width:],
    }
    (lit,) = [name for name, quarter in quarters.items() if quarter.mean() > 128]
    return lit


@pytest.mark.parametrize(
    ("rotation", "mirror", "size", "lit"),
    [
        (0, False, (48, 64), "upper left"),
        (90, False, (64, 48), "lower left"),  # counterclockwise, as FFmpeg counts
        (180, False, (48, 64), "lower right"),
        (-90, False, (64, 48), "upper right"),
        (0, True, (48, 64), "upper right"),
    ],
)
def test_a_video_is_turned_as_it_asks(
    tmp_path: Path, rotation: int, mirror: bool, size: tuple[int, int], lit: str
) -> None:
    path = write_shown(tmp_path / "a.mp4", rotation=rotation, mirror=mirror)
    (rgb, *_) = [frame.rgb for frame in open_clip(path)]
    facts = read_facts(path)
    assert rgb.shape[:2] == size == (facts.height, facts.width)
    assert lit_quarter(rgb) == lit


@pytest.mark.parametrize(
    ("aspect", "rotation", "size"),
    [
        (Fraction(2), 0, (48, 128)),
        (Fraction(1, 2), 0, (96, 64)),
        (Fraction(2), 90, (128, 48)),
        (Fraction(4319, 4320), 0, (48, 64)),
    ],
)
def test_pixels_that_are_not_square_are_made_so(
    tmp_path: Path, aspect: Fraction, rotation: int, size: tuple[int, int]
) -> None:
    path = write_shown(tmp_path / "a.mp4", aspect=aspect, rotation=rotation)
    facts = read_facts(path)
    assert (facts.height, facts.width) == size
    assert all(frame.rgb.shape[:2] == size for frame in open_clip(path))


def test_a_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    ticks = [0, 40, 60, 200, 210]
    path = tmp_path / "a.mkv"
    encode(path, moving_bar(5), rate=1000, ticks=ticks)
    times = [frame.time for frame in open_clip(path)]
    np.testing.assert_allclose(times, np.array(ticks) / 1000, atol=1e-9)
    np.testing.assert_allclose(list(clip_times(path)), times)


@pytest.mark.parametrize("name", VIDEO_SEEDS)
def test_every_container_has_frames_in_order_with_rising_times(tmp_path: Path, name: str) -> None:
    path = write_coded(tmp_path / name, moving_bar(8), VIDEO_SEEDS[name])
    frames = list(open_clip(path))
    assert len(frames) == count_frames(path) == 8
    times = [frame.time for frame in frames]
    np.testing.assert_allclose(times, np.arange(8) / 25, atol=0.021)
    for frame, truth in zip(frames, moving_bar(8), strict=True):
        bar = truth.mean(axis=2) > 200
        assert frame.rgb[bar].mean() > 180
        assert frame.rgb[~bar].mean() < 70


def test_a_moving_gif_has_the_delays_and_disposal_that_were_written(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    stills = []
    for number in range(4):
        still = Image.new("P", (40, 30), 0)
        still.putpalette([0, 0, 0, 250, 250, 250, 100, 0, 0])
        still.paste(1, (10 * number, 5, 10 * number + 8, 20))
        stills.append(still)
    stills[0].save(
        path, save_all=True, append_images=stills[1:], duration=[50, 200, 30, 30], disposal=2
    )
    frames = list(open_clip(path))
    np.testing.assert_allclose([frame.time for frame in frames], [0, 0.05, 0.25, 0.28], atol=1e-6)
    for frame, still in zip(frames, stills, strict=True):
        np.testing.assert_array_equal(frame.rgb, np.asarray(still.convert("RGB")))


def test_only_metadata_that_people_write_is_an_identifier(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    encode(path, moving_bar(2), metadata={"title": "Doe, Jane", "comment": "bed 4", "encoder": "x"})
    assert read_facts(path).identifiers == ("comment", "title")
    assert read_facts(write_video(tmp_path / "b.mp4", moving_bar(2))).identifiers == ()


def test_metadata_that_are_no_text_hinder_nothing_and_reach_no_report(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    encode(path, moving_bar(1), metadata={"QUALE": "VALUE"})
    written = path.read_bytes()
    assert written.count(b"VALUE") == written.count(b"QUALE") == 1
    path.write_bytes(written.replace(b"VALUE", b"V\xe4\xff\xfeE").replace(b"QUALE", b"QU\xc4LE"))
    assert len(list(open_clip(path))) == 1
    told = "".join(read_facts(path).identifiers)
    assert told.startswith("QU")
    assert told.encode()


def test_a_playlist_named_mp4_opens_no_other_file(tmp_path: Path) -> None:
    write_video(tmp_path / "other.mp4", moving_bar(3))
    lists = {
        "a.mp4": "ffconcat version 1.0\nfile other.mp4\n",
        "b.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(ClipError, match="cannot be decoded as a video"):
            count_frames(tmp_path / name)


def write_gif(path: Path, mode: str = "L", **options: object) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (5, 20, 30, 1)).repeat(3, axis=3).astype(np.uint8)
    stills = [Image.fromarray(picture).convert(mode) for picture in pictures]
    stills[0].save(path, save_all=True, append_images=stills[1:], **options)
    return [np.asarray(still.convert("RGB")) for still in stills]


@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_a_gif_without_delays_gives_every_picture(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.gif"
    pictures = write_gif(path, mode)
    frames = list(open_clip(path))
    assert count_frames(path) == 5
    np.testing.assert_allclose([frame.time for frame in frames], [0, 0.1, 0.2, 0.3, 0.4])
    for frame, picture in zip(frames, pictures, strict=True):
        # colours are reduced to a palette, each picture to one of its own
        assert np.abs(frame.rgb.astype(int) - picture).mean() < 12
    facts = read_facts(path)
    assert (facts.kind, facts.height, facts.width, facts.frame_rate) == ("video", 20, 30, 10)
    assert [frame.index for frame in open_clip(path, {1, 3})] == [1, 3]


@pytest.mark.parametrize("kept", [3, 10, 60])
def test_a_gif_that_is_cut_short_gets_a_sentence(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "a.gif"
    write_gif(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ClipError, match="a.gif"):
        count_frames(path)


def test_pictures_that_a_recorder_dropped_are_no_truncation_and_leave_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "dropped.avi"
    ticks = [0, 1, 2, 5, 6, 9]
    encode(path, moving_bar(6), "mjpeg", pixels="yuvj420p", ticks=ticks, prepare=_one_tick_a_frame)
    times = [frame.time for frame in open_clip(path)]
    np.testing.assert_allclose(times, np.array(ticks) / 25, atol=1e-6)


def _one_tick_a_frame(stream: Any) -> None:
    stream.time_base = stream.codec_context.time_base = Fraction(1, 25)


def test_times_ascend_where_the_format_stores_none(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:120, :160]
    waves = [60 + 60 * np.sin(np.hypot(rows, columns - 80) / 4 + n / 2) for n in range(24)]
    video = np.repeat(np.array(waves, np.uint8)[..., None], 3, axis=-1)
    video[:, :24] = np.arange(5, 245, 10, dtype=np.uint8)[:, None, None, None]
    path = write_video(tmp_path / "b.avi", video, options={"bf": "3", "g": "12", "crf": "10"})
    with av.open(str(path)) as container:
        given = [frame.pts for frame in container.decode(video=0)]
    assert given != sorted(given)  # pictures that wait for later ones
    frames = list(open_clip(path))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(24) / 25, atol=1e-6)
    shades = [int(frame.rgb[:20].mean()) for frame in frames]
    assert shades == sorted(shades)


def test_a_cover_or_another_small_stream_is_not_the_clip(tmp_path: Path) -> None:
    path = tmp_path / "cover.mkv"
    with av.open(str(path), "w") as output:
        cover = output.add_stream("mjpeg", rate=1)
        cover.height, cover.width, cover.pix_fmt = 32, 32, "yuvj420p"
        stream = output.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for one, video in ((cover, np.full((1, 32, 32, 3), 200, np.uint8)), (stream, moving_bar())):
            for image in video:
                output.mux(one.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            output.mux(one.encode(None))
    assert [frame.rgb.shape for frame in open_clip(path)] == [(48, 64, 3)] * 6
    assert read_facts(path).width == 64


def test_a_clip_that_changes_its_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    path = tmp_path / "joined.mpg"
    parts = []
    for height, width in ((48, 64), (96, 128)):
        part = io.BytesIO()
        encode(part, moving_bar(6, height, width), container="mpegts")
        parts.append(part.getvalue())
    path.write_bytes(b"".join(parts))
    with pytest.raises(ClipError, match="from 64 × 48 to 128 × 96 pixels at frame 6"):
        list(open_clip(path))


def test_times_of_joined_recordings_go_on(tmp_path: Path) -> None:
    path = tmp_path / "joined.mpg"
    part = io.BytesIO()
    encode(part, moving_bar(6), container="mpegts")
    path.write_bytes(2 * part.getvalue())
    times = [frame.time for frame in open_clip(path)]
    assert len(times) == 12
    assert (np.diff(times) > 0).all()
