"""What README and docs promise about commands, options, files and places must be true."""

import re
import shlex
from pathlib import Path

import click
import pytest

from docs_commands import commands_to_run
from lusscore.cli.main import _COMMANDS, main

REPOSITORY = Path(__file__).parent.parent
PAGES = [
    REPOSITORY / "README.md",
    *sorted((REPOSITORY / "docs").glob("*.md")),
    REPOSITORY / "data" / "README.md",
    REPOSITORY / "features" / "README.md",
]
FENCED = re.compile(r"^```sh.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def lines(page: Path) -> list[str]:
    blocks = FENCED.findall(page.read_text(encoding="utf-8"))
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_command_and_option_shown_exists(page: Path) -> None:
    for line in lines(page):
        words = shlex.split(line, comments=True)
        if words[:1] != ["lusscore"]:
            continue
        command = main.get_command(click.Context(main), words[1])  # type: ignore[attr-defined]
        assert command is not None, line
        known = {name for parameter in command.params for name in parameter.opts}
        known |= {name for parameter in command.params for name in parameter.secondary_opts}
        for word in words[2:]:
            if word.startswith("-"):
                assert word.split("=")[0] in known, f"{line}: {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_make_targets_and_variables_shown_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for line in lines(page):
            words = shlex.split(line, comments=True)
            if words[:1] == ["make"]:
                for word in words[1:]:
                    if "=" in word:
                        assert re.search(rf"^{word.split('=')[0]}\s+\?=", makefile, re.MULTILINE)
                    else:
                        assert re.search(rf"^{word}:", makefile, re.MULTILINE), line


def test_the_readme_lists_every_command() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `lusscore (\S+)` \|", readme, re.MULTILINE)
    assert listed == list(_COMMANDS)


def test_the_table_of_contents_lists_every_page() -> None:
    contents = (REPOSITORY / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (REPOSITORY / "docs").glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"\]\(([\w-]+\.md)\)", contents))


def test_every_module_that_the_architecture_names_exists() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?!tests/)((?:\w+/)*\w+\.py)`", page))
    assert len(named) > 40
    package = REPOSITORY / "pipeline" / "lusscore"
    assert [name for name in sorted(named) if not (package / name).is_file()] == []


def test_the_guide_is_run() -> None:
    commands = commands_to_run(REPOSITORY / "docs" / "guide.md")
    run = {shlex.split(command)[1] for command in commands}
    assert {"phantom", "check", "backbones", "features", "status", "cv", "report"} <= run


def test_no_file_names_a_place_of_one_machine() -> None:
    import subprocess

    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("needs a git checkout to know which files are the project's")
    forbidden = re.compile("/" + r"(?:work|root|home/\w+)/")
    for name in filter(None, listed.stdout.split("\0")):
        path = REPOSITORY / name
        if (
            path.suffix in (".md", ".py", ".toml", ".yaml", ".j2", ".css", ".js", "")
            and path.is_file()
        ):
            found = forbidden.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{name} holds {found.group()}"
