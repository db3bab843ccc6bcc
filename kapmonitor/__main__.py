"""The command line: `kapmonitor VERB`. Errors are one clear line, and the exit code says whose they are."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from kapmonitor import __version__
from kapmonitor.errors import KapmonitorError

VERBS = {
    "run": "run:run",
    "demo": "demo:demo",
    "simulate": "simulate:simulate",
    "decode": "decode:decode_command",
    "devices": "devices:devices",
    "scan": "scan:scan",
    "enrol": "enrol:enrol",
    "unpair": "unpair:unpair",
    "rehearse": "rehearse:rehearse",
    "replay": "replay:replay_command",
    "watchdog": "watchdog:watchdog",
    "pager": "pager:pager",
    "broker-config": "broker_config:broker_config",
    "users": "users:users",
    "certificate": "certificate:certificate",
    "sign-limits": "sign_limits:sign_limits",
    "nuisance": "nuisance:nuisance",
    "report": "report:report",
    "export": "export:export",
    "verify": "verify:verify",
    "backup": "backup:backup",
    "sessions": "sessions:sessions",
    "check-config": "check_config:check_config",
}
"""Every command and its function in `kapmonitor.commands`; only what is called is imported."""


def command_line(arguments: Sequence[str] = ()) -> typer.Typer:
    """The commands; only the one that `arguments` ask for, where they ask for one."""
    made = typer.Typer(
        name="kapmonitor", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    made.callback()(_options)
    asked = [verb for verb in VERBS if arguments and verb == arguments[0]]
    for verb in asked or VERBS:
        module, _, function = VERBS[verb].partition(":")
        found = getattr(import_module(f"kapmonitor.commands.{module}"), function)
        if isinstance(found, typer.Typer):
            made.add_typer(found, name=verb)
        else:
            made.command(verb)(found)
    return made


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
        _loaded(arguments)(arguments)
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


def _loaded(arguments: Sequence[str]) -> typer.Typer:
    """The commands, with all that they import, among which nobody looks for garbage.

    There is none, then or later; looking took a fifth of the service's start.
    """
    gc.disable()
    loaded = command_line(arguments)
    gc.freeze()
    gc.enable()
    return loaded


def _fail(text: str, code: int) -> NoReturn:
    typer.echo("\n".join(f"kapmonitor: {line}" for line in text.splitlines()), err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
