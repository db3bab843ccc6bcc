"""A monitored session: who sits where, since when, in which phase. Pure.

`phases` is the transition table; `session` the session itself.
"""
