"""The pages' HTML, filled from templates."""

from lusscore.web.pages.render import Pages

__all__ = ["Pages"]
