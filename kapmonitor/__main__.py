"""The command line: `kapmonitor VERB`. Errors are one clear line, and the exit code says whose they are."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from kapmonitor import __version__
from kapmonitor.commands.check_config import check_config
from kapmonitor.commands.decode import decode_command
from kapmonitor.commands.demo import demo
from kapmonitor.commands.devices import devices
from kapmonitor.commands.rehearse import rehearse
from kapmonitor.commands.run import run
from kapmonitor.commands.scan import scan
from kapmonitor.commands.simulate import simulate
from kapmonitor.commands.watchdog import watchdog
from kapmonitor.errors import KapmonitorError

cli = typer.Typer(
    name="kapmonitor", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
cli.command()(run)
cli.command()(demo)
cli.command()(simulate)
cli.command("decode")(decode_command)
cli.command()(devices)
cli.command()(scan)
cli.command()(rehearse)
cli.command()(watchdog)
cli.command("check-config")(check_config)


@cli.callback()
def _options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks; may stand anywhere.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
) -> None:
    """Vitals monitoring for ketamine-assisted psychotherapy. Not a certified medical device."""
    del debug  # `main` has taken it already
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run a command; 0 done, 1 failed while running, 2 wrong use or configuration."""
    arguments = [each for each in sys.argv[1:] if each != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        cli(arguments)
    except KapmonitorError as error:
        if debug:
            raise
        _fail(str(error), error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has enough; that is no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        _fail(f"a mistake in kapmonitor itself: {type(error).__name__}: {error} (more with --debug)", 1)


def _fail(text: str, code: int) -> NoReturn:
    typer.echo("\n".join(f"kapmonitor: {line}" for line in text.splitlines()), err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
