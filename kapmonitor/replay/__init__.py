"""A recorded session through the same code again: drivers on the bytes that came, monitor on what they say.

`virtual` is time that jumps, `links` the links that say what was recorded, `conversation` a driver's talk
with them, `proof` whether it said the same as then, `judging` the monitor, `comparing` its events with those
that were recorded. No real time passes, and no network is touched.
"""

from kapmonitor.replay.replaying import Replayed, replay

__all__ = ["Replayed", "replay"]
