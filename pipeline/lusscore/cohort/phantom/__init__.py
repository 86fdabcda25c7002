"""The phantom: synthetic lung ultrasound with known scores."""

from lusscore.cohort.phantom.patients import PhantomSettings
from lusscore.cohort.phantom.write import write_phantom

__all__ = ["PhantomSettings", "write_phantom"]
