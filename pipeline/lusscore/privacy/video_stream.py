"""Copying the picture stream of a video and nothing else, without encoding it anew."""

from __future__ import annotations

from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

from lusscore.clips import open_video
from lusscore.privacy.hidden_pixels import hides_pixels

_ONLY_PICTURES = {
    # slices and parameter sets: what is left out is text for the decoder, SEI, and the unknown
    "h264": "filter_units=pass_types=1-5|7-8",
    "hevc": "filter_units=pass_types=0-9|16-21|32-34",
}
"""By codec, the filter that drops what an encoder may have written between the pictures."""


def copy_stream(clip: Path, copy: Path) -> bool:
    """Write the first video stream of a clip as MP4, without any metadata.

    Returns
    -------
    bool
        False, with nothing of use written, if the codec has no filter that takes out the notes
        that its stream may hold, or if the stream holds pictures, or parts of them, that are not
        shown.

    Raises
    ------
    av.FFmpegError
        If FFmpeg cannot do it.
    """
    with open_video(str(clip)) as source:
        stream = source.streams.video[0]
        only_pictures = _ONLY_PICTURES.get(stream.codec_context.name)
        if only_pictures is None or hides_pixels(clip):
            return False
        with av.open(str(copy), "w", format="mp4", options={"fflags": "+bitexact"}) as target:
            out = target.add_stream_from_template(stream, opaque=True)
            out.metadata.clear()
            pictures = BitStreamFilterContext(only_pictures, stream, out)
            for packet in source.demux(stream):
                if packet.is_discard:
                    # a picture that is never shown was never looked at either
                    return False
                # the filter empties the packet that it is given
                for filtered in pictures.filter(packet if packet.size else None):
                    filtered.stream = out
                    target.mux(filtered)
    return True
