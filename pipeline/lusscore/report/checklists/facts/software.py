"""With what a run was made."""

from __future__ import annotations

from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.run_files import RunFiles


@register_fact("software")
def software(run: RunFiles) -> Fact:
    """Name versions."""
    versions = {"lusscore": run.config.run.lusscore, **run.config.versions}
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Fact(f"{told}. lusscore is under Apache-2.0.", ("run",))


@register_fact("command")
def command(run: RunFiles) -> Fact:
    """Quote the command."""
    return Fact(f"Repeated by: {run.command}", ("run",))
