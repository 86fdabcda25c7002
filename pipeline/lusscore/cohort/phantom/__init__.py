"""The phantom: synthetic lung ultrasound with known scores."""

from lusscore.cohort.phantom.render import render_clip
from lusscore.cohort.phantom.settings import PhantomSettings
from lusscore.cohort.phantom.write import write_phantom

__all__ = ["PhantomSettings", "render_clip", "write_phantom"]
