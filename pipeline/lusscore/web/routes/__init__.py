"""What is answered at each address."""

from lusscore.web.routes.table import routes

__all__ = ["routes"]
