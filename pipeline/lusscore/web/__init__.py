"""The local page on which exams are scored and looked at."""

from lusscore.web.limits import Limits
from lusscore.web.serve import Serving, serve
from lusscore.web.settings import ServeSettings

__all__ = ["Limits", "ServeSettings", "Serving", "serve"]
