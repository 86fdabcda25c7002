"""Typed records of TOML, JSON and CSV files: pydantic models, with all problems named at once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_type_hints

import tomlkit
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails
from tomlkit.exceptions import ParseError, TOMLKitError

from lusscore.errors import LusscoreError, Problem
from lusscore.files import read_text
from lusscore.tables import read_table

Place = tuple[int | str, ...]
Error = type[LusscoreError]
_KINDS = {
    **{"bool": "true or false", "string": "text", "int": "a whole number", "float": "a number"},
    **{"tuple": "a list", "list": "a list", "dict": "a table", "model": "a table"},
    **{"model_attributes": "a table", "dataclass": "a table", "finite_number": "a number"},
}
_BOUNDS = {
    **{"greater_than_equal": "at least {ge:g}", "greater_than": "a number above {gt:g}"},
    **{"less_than_equal": "at most {le:g}", "less_than": "a number below {lt:g}"},
}
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}
_MISSING = "is missing"
_EMPTY = "is empty; every row must give it"
_MOST_LEVELS = 20
# of terminals, and halves of characters, which nothing can write
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TOML_LINE = re.compile(r"""\s*(?:(\[\[?)\s*([^\]]+?)\s*\]|((?:[\w-]+|"[^"]*"|'[^']*'))\s*[=.])""")

STRICT = ConfigDict(
    extra="forbid",
    frozen=True,
    strict=True,
    allow_inf_nan=False,
    validate_by_name=True,
    validate_by_alias=True,
    serialize_by_alias=True,
)
"""How records are read; a frozen dataclass is one with this as its ``__pydantic_config__``."""


class Record(BaseModel):
    """What a file, or a table of one, says: no other keys, no other types, nothing changes it.

    ``"no"`` is not false here, ``"3"`` and ``true`` are no numbers, and numbers are finite.
    """

    model_config = STRICT


class Document(Record):
    """A file with a schema version: one that a later lusscore wrote is refused by name.

    `SCHEMA` is the version that this lusscore reads, `RENEW` what to do about an earlier one.
    """

    SCHEMA: ClassVar[int] = 1
    RENEW: ClassVar[str] = "write it again with this lusscore"
    schema_version: int = Field(alias="schema", description="Version of this layout.")


_Record = TypeVar("_Record")


def known(find: Callable[[Any], object]) -> AfterValidator:
    """Make a validator of a look-up that raises a :class:`LusscoreError` for what is unknown."""

    def check(value: Any) -> Any:
        try:
            find(value)
        except LusscoreError as error:
            raise ValueError(error.without_path().rstrip(".")) from None
        return value

    return AfterValidator(check)


def matching(pattern: str, expected: str) -> AfterValidator:
    """Make a validator of texts that fit the whole of a pattern, which `expected` tells."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{quoted(value)} is not allowed; expected {expected}")
        return value

    return AfterValidator(check)


def one_of(allowed: Sequence[str]) -> AfterValidator:
    """Make a validator of words."""

    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(
                f"{quoted(value)} is not allowed; expected one of {', '.join(allowed)}"
            )
        return value

    return AfterValidator(check)


def between(low: float, high: float, expected: str) -> AfterValidator:
    """Make a validator of numbers, which `expected` tells: ``"degrees from 0 to 180"``."""

    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"{quoted(value)} is not allowed; expected {expected}")
        return value

    return AfterValidator(check)


def _whole(cell: object) -> object:
    return int(cell) if isinstance(cell, str) and re.fullmatch("[0-9]{1,9}", cell) else cell


WholeCell = Annotated[int, BeforeValidator(_whole)]
"""A whole number as a cell of a CSV file writes it: digits alone."""


def read_toml(path: Path, record: type[_Record], error: Error, *, advice: str = "") -> _Record:
    """Read a TOML file; problems name the lines of keys.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    error
        If it is no TOML, or not what `record` allows; `advice` says what to do then.
    """
    text = read_text(path, error)
    try:
        document = tomlkit.parse(text).unwrap()
    except TOMLKitError as wrong:
        place = f"line {wrong.line}, column {wrong.col}" if isinstance(wrong, ParseError) else ""
        raise error(
            f"it is not valid TOML ({str(wrong).partition(' at line')[0]})",
            where=place,
            advice=advice or "correct it",
            path=path,
        ) from None
    # by way of JSON, in which lists are what records keep as tuples
    return _validate(
        json.dumps(document, default=str), record, error, advice, path, _toml_places(text)
    )


def parse_json(
    data: bytes,
    record: type[_Record],
    error: Error,
    *,
    advice: str = "",
    path: Path | str | None = None,
    most_bytes: int = 64 * 1024**2,
) -> _Record:
    """Read an object of JSON, and none of what the standard leaves open.

    Raises
    ------
    error
        If it is not UTF-8 of at most `most_bytes` and 20 levels, has a key twice, a number that
        is not finite or a text with control characters, or is not what `record` allows.
    """
    try:
        if len(data) > most_bytes:
            raise ValueError(f"it is larger than {most_bytes / 1024**2:g} MiB")
        document = json.loads(
            data.decode("utf-8"),
            parse_constant=_finite,
            parse_float=_finite,
            object_pairs_hook=_each_once,
        )
        _check_values(document)
    except (ValueError, RecursionError) as wrong:
        raise error(
            f"it is not the JSON that lusscore writes ({wrong})", advice=advice, path=path
        ) from None
    return _validate(data, record, error, advice, path, _dotted)


def to_json(record: Record) -> bytes:
    """Return UTF-8, one entry a line, keys in the order of the record."""
    text = json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def read_csv(
    path: Path,
    record: type[_Record],
    error: Error,
    *,
    columns: Sequence[str] = (),
    context: Any = None,
) -> tuple[list[tuple[int, _Record]], list[Problem]]:
    """Read a CSV file, one record per row; empty cells are left out of a row.

    The header must have `columns`, whose cells may be empty, beside the fields that have no
    default. It may have columns of the user's own where the record does not forbid them, but none
    whose name looks like one that is misspelt. Validators get `context`.

    Returns
    -------
    list of tuple
        Line number and record of each row that is sound; blank rows are passed over.
    list of Problem
        What is wrong with the others, in line order; the caller raises it, with what rows must
        not say together.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    error
        If it is no text or no CSV, is empty, lacks columns or has others than `record`.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    table = read_table(path, error=error)
    _check_header(table.header, columns, record, error, path)
    rows: list[tuple[int, _Record]] = []
    problems = list(table.problems)
    for row in table.rows:
        given = {name: cell for name, cell in zip(table.header, row.cells, strict=True) if cell}
        try:
            found = _adapter(record).validate_json(json.dumps(given), context=context)
            rows.append((row.line, found))
        except ValidationError as wrong:
            problems += [
                replace(one, what=_EMPTY) if one.what == _MISSING else one
                for one in _problems(wrong, record, partial(_cell_place, row.line))
            ]
    return rows, in_line_order(problems)


def in_line_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems whose place begins with ``line`` and a number by that number."""
    line = re.compile(r"line (\d+)|")
    return sorted(problems, key=lambda one: int(line.match(one.where)[1] or 0))  # type: ignore[index]


def _check_header(
    header: Sequence[str], columns: Sequence[str], record: type[Any], error: Error, path: Path
) -> None:
    known = _fields(record)
    required = [name for name, needed in known.items() if name in columns or needed]
    optional = [name for name in known if name not in required]
    expected = ",".join(required) + (f" and optionally {','.join(optional)}" if optional else "")
    missing = [name for name in required if name not in header]
    others = [name for name in header if name not in known]
    if _config(record).get("extra") != "forbid":
        others = [name for name in others if get_close_matches(name, optional, cutoff=0.85)]
    if not any(header):
        raise error("it is empty", advice=f"begin it with the header {expected}", path=path)
    if missing:
        wrong = f"lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
    elif others:
        wrong = f"has the unknown column {others[0]!r}"
    elif len(set(header)) < len(header):
        wrong = "has a column twice"
    else:
        return
    raise error(
        f"its header {','.join(header)!r} {wrong}; expected {expected}",
        where="line 1",
        advice="correct the header",
        path=path,
    )


def validate(
    document: Mapping[str, Any],
    record: type[_Record],
    error: Error,
    *,
    advice: str = "",
    subject: str = "it",
) -> _Record:
    """Make a record of plain JSON values; raise `error` with all that is wrong with them."""
    try:
        text = json.dumps(document, default=_python_number, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as wrong:
        raise error(f"it cannot hold a value ({wrong})", advice=advice) from None
    return _validate(text, record, error, advice, None, _dotted, subject)


def _validate(
    text: str | bytes,
    record: type[_Record],
    error: Error,
    advice: str,
    path: Path | str | None,
    place: Callable[[Place], str],
    subject: str = "it",
) -> _Record:
    if issubclass(record, Document):
        _check_schema(text, record, error, path)
    try:
        return _adapter(record).validate_json(text)
    except ValidationError as wrong:
        problems = in_line_order(_problems(wrong, record, place))
        raise error(
            f"{subject} has {len(problems)} problem{'s' if len(problems) > 1 else ''}",
            advice=advice or "correct and run again",
            path=path,
            problems=problems,
        ) from None


def _check_schema(
    text: str | bytes, record: type[Document], error: Error, path: Path | str | None
) -> None:
    document = json.loads(text)
    schema = document.get("schema") if isinstance(document, dict) else None
    if type(schema) is int and schema != record.SCHEMA:
        later = schema > record.SCHEMA
        raise error(
            f"it was written by {'a later' if later else 'an earlier'} lusscore (schema {schema}), "
            f"and this one reads schema {record.SCHEMA}",
            advice="update lusscore" if later else record.RENEW,
            path=path,
        )


def _problems(
    wrong: ValidationError, record: type[Any], place: Callable[[Place], str]
) -> list[Problem]:
    return [
        Problem(place(one["loc"]), _what(one, record)) for one in wrong.errors(include_url=False)
    ]


def _what(wrong: ErrorDetails, record: type[Any]) -> str:
    """Say what was found and what is allowed."""
    kind, context = wrong["type"], wrong.get("ctx", {})
    if kind == "missing":
        return _MISSING
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        keys = ", ".join(_keys(record, wrong["loc"]))
        return f"is unknown; expected {f'any of {keys}' if keys else 'no such key'}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        expected = "one of " + context["expected"].replace("'", "").replace(" or ", ", ")
    elif kind in _BOUNDS:
        expected = _BOUNDS[kind].format_map(context)
    else:
        stem = re.sub("_(type|parsing|from_float|parsing_size)$", "", kind)
        expected = _KINDS.get(stem) or re.sub("^Input should (be |have )?", "", wrong["msg"])
    return f"{quoted(wrong['input'])} is not allowed; expected {expected}"


def _keys(record: type[Any], place: Place) -> list[str]:
    """List the keys of the table that a place lies in."""
    inside: type[Any] | None = record
    for key in place[:-1]:
        parts = _annotations(inside) if inside and isinstance(key, str) else {}
        if key in parts:
            inside = next(_records_in(parts[key]), None)
    return list(_fields(inside)) if inside else []


def _adapter(record: type[_Record]) -> TypeAdapter[_Record]:
    if record not in _ADAPTERS:
        _ADAPTERS[record] = TypeAdapter(record)
    return _ADAPTERS[record]


def _config(record: type[Any]) -> Any:
    return record.model_config if issubclass(record, BaseModel) else record.__pydantic_config__


def _fields(record: type[Any]) -> dict[str, bool]:
    """Return the keys of a record, and whether each must be given."""
    if issubclass(record, BaseModel):
        return {one.alias or name: one.is_required() for name, one in record.model_fields.items()}
    return {
        one.name: one.default is MISSING and one.default_factory is MISSING
        for one in fields(record)
    }


def _annotations(record: type[Any]) -> dict[str, Any]:
    if issubclass(record, BaseModel):
        return {one.alias or name: one.annotation for name, one in record.model_fields.items()}
    return get_type_hints(record)


def _records_in(annotation: object) -> Iterator[type[Any]]:
    if isinstance(annotation, type) and (
        issubclass(annotation, BaseModel) or is_dataclass(annotation)
    ):
        yield annotation
    for part in get_args(annotation):
        yield from _records_in(part)


def quoted(value: object) -> str:
    """Write a value so that it cannot be taken for the message around it, nor fill the screen."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _cell_place(line: int, place: Place) -> str:
    return ", column ".join([f"line {line}", *map(str, place[:1])])


def _dotted(place: Place) -> str:
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{_key(key)}" for key in place)
    return text.removeprefix(".") or "the whole"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]{1,80}", key) else quoted(key)


def _toml_places(text: str) -> Callable[[Place], str]:
    """Find the lines of keys: of what stands alone on its line, or of the table that it is in."""
    lines: dict[Place, int] = {}
    table: Place = ()
    inside = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not inside and (match := _TOML_LINE.match(line)):
            if match[1]:
                table = tuple(part.strip(" \"'") for part in match[2].split("."))
                count = sum(
                    1 for place in lines if place[:-1] == table and isinstance(place[-1], int)
                )
                table = (*table, count) if match[1] == "[[" else table
                lines.setdefault(table, number)
            else:
                lines.setdefault((*table, match[3].strip("\"'")), number)
        for quotes in ('"""', "'''"):
            if inside in ("", quotes) and line.count(quotes) % 2:
                inside = "" if inside else quotes

    def place(key: Place) -> str:
        found = next(
            (lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in lines), None
        )
        return f"line {found}, {_dotted(key)}" if found else _dotted(key)

    return place


def _python_number(value: Any) -> Any:
    if hasattr(value, "item"):  # of NumPy
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{quoted(text)} is no finite number")
    return number


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return table


def _check_values(document: object) -> None:
    left: list[tuple[object, int]] = [(document, 0)]
    while left:
        value, depth = left.pop()
        if depth > _MOST_LEVELS:
            raise ValueError(f"it has more than {_MOST_LEVELS} levels")
        if isinstance(value, str) and _ODD.search(value):
            raise ValueError("a text has a control character or half a character")
        if isinstance(value, dict):
            left += [(key, depth) for key in value]
            left += [(entry, depth + 1) for entry in value.values()]
        elif isinstance(value, list):
            left += [(entry, depth + 1) for entry in value]
