"""A pager on a terminal: the pure one of `kapmonitor.pager`, its file, its broker and its screen.

`store` keeps, `line` speaks MQTT, `terminal` and `plain` show and read keys.
"""

from kapmonitor.handset.line import Handset

__all__ = ["Handset"]
