"""A rehearsal: a script goes through the real monitor in virtual time, and it is told what alarms come.

`script` reads a script made of `lines`, `play` plays it. Pure: no clock, no file, no link; its keys are in
docs/rehearsing.md.
"""

from kapmonitor.rehearsal.play import Line, Played, play
from kapmonitor.rehearsal.script import Script, parse

__all__ = ["Line", "Played", "Script", "parse", "play"]
