"""Read a CVAT export's XML, and nothing that XML could do besides."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from lusscore.errors import CohortError

_DEEPEST = 32
_NEXT = "Export the task again as 'CVAT for images 1.1' or 'CVAT for video 1.1'."


def read_xml(path: Path) -> Element:
    """Read the root element ``<annotations>`` of an export.

    A document type is refused before it is read, and with it all entities: nothing is fetched
    and nothing can expand.

    Raises
    ------
    CohortError
        If the file cannot be read, is not XML, declares a document type or is no CVAT export.
    """
    builder = TreeBuilder()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise CohortError(
                f"it nests more than {_DEEPEST} elements; no export does. {_NEXT}",
                path=path,
            )
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_: object) -> NoReturn:
        raise CohortError(
            f"it declares a document type, which CVAT never writes and which is not read for "
            f"safety. {_NEXT}",
            path=path,
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except OSError as error:
        raise CohortError(
            f"it cannot be read ({error.strerror}); check that it is there.",
            path=path,
        ) from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise CohortError(f"{path} is not complete XML ({error}). {_NEXT}") from None
    root = builder.close()
    if root.tag != "annotations":
        raise CohortError(f"{path} holds <{root.tag}> where <annotations> was expected. {_NEXT}")
    return root
