"""Writing a clip as MP4."""

from __future__ import annotations

from pathlib import Path

from lusscore.cohort.phantom.arrays import ByteArray

# one thread, and x264 neither told the time nor asked for its version: the same bytes every time
_OPTIONS = {"preset": "superfast", "crf": "20", "threads": "1", "x264-params": "threads=1"}


def write_video(path: Path, frames: ByteArray, fps: int) -> None:
    """Encode frames as H.264 in an MP4 file without dates.

    Parameters
    ----------
    path
        File to write; replaced if it is there.
    frames
        RGB, uint8, shape (frames, height, width, 3), height and width even.
    fps
        Frames per second.
    """
    import av

    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=fps, options=_OPTIONS)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
