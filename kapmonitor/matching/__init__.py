"""Whether strap and oximeter are on the same person: each pulse in the finger follows a beat of the heart."""

from kapmonitor.matching.matcher import EVERY_S, Matcher

__all__ = ["EVERY_S", "Matcher"]
