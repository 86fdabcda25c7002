"""Bundles: a trained scorer with all that it needs, as files that run no code."""

from lusscore.bundle.builtin import BUILTIN, bundle_names, find_bundle
from lusscore.bundle.bundle import Bundle
from lusscore.bundle.facts import bundle_facts
from lusscore.bundle.read import read_bundle
from lusscore.bundle.write import bundle_place, write_bundle

__all__ = [
    "BUILTIN",
    "Bundle",
    "bundle_facts",
    "bundle_names",
    "bundle_place",
    "find_bundle",
    "read_bundle",
    "write_bundle",
]
