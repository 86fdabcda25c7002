"""The local page on which exams are scored and clips are labelled."""

from lusscore.web.server import Serving, serve
from lusscore.web.settings import Limits, ServeSettings

__all__ = ["Limits", "ServeSettings", "Serving", "serve"]
