"""``lusscore completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a SHELL: commands, options, cohorts and backbones.

    \b
    bash:  lusscore completion bash > ~/.lusscore.bash && echo '. ~/.lusscore.bash' >> ~/.bashrc
    zsh:   lusscore completion zsh > ~/.lusscore.zsh && echo '. ~/.lusscore.zsh' >> ~/.zshrc
    fish:  lusscore completion fish > ~/.config/fish/completions/lusscore.fish
    """
    from lusscore.cli.main import main

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(main, {}, "lusscore", "_LUSSCORE_COMPLETE").source())
