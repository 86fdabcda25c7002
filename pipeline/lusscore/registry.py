"""What can be added to lusscore: by the package, by other packages, and by plug-in files.

One class serves backbones, engines, heads, importers, rules, checks and all else that goes by a
name. Entries come from the package itself, from the entry points of installed packages
(``lusscore.heads`` and so on), and from the files that ``--plugin`` or ``LUSSCORE_PLUGINS`` names,
which run as they are. Entry points and files are loaded when an entry is first looked up.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from lusscore.errors import LusscoreError, PluginError

VARIABLE = "LUSSCORE_PLUGINS"
_PACKAGE = __name__.partition(".")[0]
_MODULE = f"{_PACKAGE}_plugin_"

_T = TypeVar("_T")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Plugin:
    """Code from outside the package that has registered something.

    Attributes
    ----------
    name
        Name of its file or module, without folders.
    digest
        SHA-256 of its source, 64 hexadecimal digits.
    """

    name: str
    digest: str


@dataclass(frozen=True)
class _Entry(Generic[_T]):
    value: _T
    module: str
    qualname: str
    plugin: Plugin | None

    @property
    def place(self) -> tuple[str, str]:
        return self.module, self.qualname


class Registry(Mapping[str, _T]):
    """Entries by name, in the order in which they were registered.

    Parameters
    ----------
    kind
        What an entry is, in one word for messages: ``"head"``.
    error
        Raised for a name that is unknown or taken.
    group
        Entry points that are loaded before the first look, such as ``"lusscore.heads"``.
    """

    def __init__(self, kind: str, error: type[LusscoreError], group: str = "") -> None:
        self._kind = kind
        self._error = error
        self._group = group
        self._entries: dict[str, _Entry[_T]] = {}
        self._loaded = not group
        _REGISTRIES.append(self)

    def register(self, name: str, value: _T, source: Any = None) -> None:
        """Add an entry.

        Parameters
        ----------
        name, value
            The entry.
        source
            The function or class that it comes from, where `value` is not that itself.

        Raises
        ------
        LusscoreError
            Of the registry's kind, if the name is taken by something else.
        """
        source = value if source is None else source
        entry = _Entry(value, *_origin_of(source))
        there = self._entries.get(name)
        # what is defined anew, as when a cell of a notebook runs again, takes its own place
        again = there and there.place == entry.place and "" not in entry.place
        if there is not None and not again:
            raise self._error(
                f"the {self._kind} {name!r} is registered twice, by {_shown(there)} and by "
                f"{_shown(entry)}",
                advice="give one another name",
            )
        self._entries[name] = entry

    def __getitem__(self, name: str) -> _T:
        self._load()
        try:
            return self._entries[name].value
        except KeyError:
            near = difflib.get_close_matches(str(name), self._entries, n=1)
            guess = f"did you mean {near[0]}? Expected" if near else "expected"
            raise self._error(
                f"Unknown {self._kind} {name!r}; {guess} one of {', '.join(self._entries)}."
            ) from None

    def __delitem__(self, name: str) -> None:
        del self._entries[name]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        self._load()
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._entries

    def plugin(self, name: str) -> Plugin | None:
        """Return what registered an entry; None where the package itself did."""
        self._load()
        entry = self._entries.get(name)
        return None if entry is None else entry.plugin

    def forget(self, module: str) -> None:
        """Drop what a module has registered, before it is loaded again."""
        self._entries = {
            name: entry for name, entry in self._entries.items() if entry.module != module
        }

    def _load(self) -> None:
        load_plugins()
        if self._loaded:
            return
        self._loaded = True  # first: what is loaded may look here
        for point in entry_points(group=self._group):
            try:
                point.load()
            except LusscoreError:
                raise
            except Exception as error:
                raise PluginError(
                    f"the entry point {point.value} of group {self._group} cannot be loaded "
                    f"({type(error).__name__}: {error})",
                    advice="mend or uninstall the package that has it",
                ) from error


_REGISTRIES: list[Registry[Any]] = []
_DIGESTS: dict[Path, str] = {}
_RUNNING: list[tuple[str, Plugin]] = []
"""The plug-in file that is being run: all that is registered meanwhile is its own."""


def plugin_files() -> tuple[Path, ...]:
    """Return the files that ``LUSSCORE_PLUGINS`` names."""
    return tuple(Path(text) for text in os.environ.get(VARIABLE, "").split(os.pathsep) if text)


def load_plugins(files: Iterable[Path] | None = None) -> dict[Path, str]:
    """Run plug-in files that have not run as they are now, and return the digest of each.

    Parameters
    ----------
    files
        By default those of ``LUSSCORE_PLUGINS``.

    Raises
    ------
    PluginError
        If a file is missing or cannot be run.
    """
    found = {}
    for file in plugin_files() if files is None else files:
        path = file.absolute()
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise PluginError(
                f"the plug-in cannot be read ({error.strerror})",
                path=file,
                advice=f"expected a Python file; correct --plugin or {VARIABLE}",
            ) from None
        if _DIGESTS.get(path) != digest:
            _DIGESTS[path] = digest  # first: what it looks up must not run it again
            try:
                _run(path, digest)
            except BaseException:
                del _DIGESTS[path]
                raise
        found[path] = digest
    return found


def unload_plugins(files: Iterable[Path]) -> None:
    """Forget plug-in files and all that they have registered; what is not loaded is passed over."""
    for file in files:
        path = file.absolute()
        if _DIGESTS.pop(path, None) is not None:
            _forget(_module_name(path))


def with_plugins(
    compute: Callable[..., _Result], plugins: Mapping[Path, str], *arguments: Any
) -> _Result:
    """Call `compute` on another machine, once the plug-ins are there that are loaded here.

    Raises
    ------
    PluginError
        If a file is not there, or is another one than here.
    """
    there = load_plugins(plugins)
    for path, digest in plugins.items():
        if there[path] != digest:
            raise PluginError(
                "a worker has another version of the plug-in",
                path=path,
                advice="give workers the same file at the same path",
            )
    return compute(*arguments)


def _run(path: Path, digest: str) -> None:
    name = _module_name(path)
    _forget(name)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(
            "this is no Python file", path=path, advice="name it so that it ends in .py"
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _RUNNING.append((name, Plugin(path.name, digest)))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        _forget(name)
        if isinstance(error, LusscoreError):
            raise
        raise PluginError(
            f"the plug-in cannot be run ({type(error).__name__}: {error})", path=path
        ) from error
    finally:
        _RUNNING.pop()


def _module_name(path: Path) -> str:
    return _MODULE + hashlib.sha256(str(path).encode()).hexdigest()[:16]


def _forget(module: str) -> None:
    sys.modules.pop(module, None)
    for registry in _REGISTRIES:
        registry.forget(module)


def _origin_of(source: Any) -> tuple[str, str, Plugin | None]:
    """Tell of which module something is, its name there, and of which plug-in, if of any."""
    module, qualname = source.__module__ or "", getattr(source, "__qualname__", "")
    if _RUNNING:
        return _RUNNING[-1][0], qualname, _RUNNING[-1][1]
    if module.partition(".")[0] == _PACKAGE:
        return module, qualname, None
    try:
        file = Path(inspect.getsourcefile(source) or "")
        return module, qualname, Plugin(file.name, hashlib.sha256(file.read_bytes()).hexdigest())
    except (OSError, TypeError):  # a notebook or shell: its own source is all there is
        digest = hashlib.sha256(_source(source).encode()).hexdigest()
        return module, qualname, Plugin(module, digest)


def _source(source: Any) -> str:
    try:
        return inspect.getsource(source)
    except (OSError, TypeError):
        code = getattr(source, "__code__", None)
        return repr((getattr(source, "__qualname__", ""), code and (code.co_code, code.co_consts)))


def _shown(entry: _Entry[Any]) -> str:
    return f"{entry.plugin.name if entry.plugin else 'lusscore'} ({entry.qualname})"
