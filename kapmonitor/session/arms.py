"""What the arms forbid the cuff, and when it squeezes the oximeter's arm. Pure."""

from __future__ import annotations

from kapmonitor.session.around import Around
from kapmonitor.session.entries import Arms
from kapmonitor.session.session import Session

KNOWN = ("left", "right")


def kept_from(session: Session, around: Around) -> str:
    """Why no measurement begins by itself, for staff; empty where the arms allow it."""
    arms = session.arms
    if arms.cuff not in KNOWN:
        return ""
    if arms.cuff == arms.forbidden:
        return f"The cuff is on the forbidden arm ({arms.cuff}): move it to the other arm."
    if arms.cuff == arms.infusion:
        return f"The cuff is on the infusion's arm ({arms.cuff}): move it, or start a reading by hand."
    if around.spo2_low and on_oximeter_arm(arms):
        return (
            "SpO2 is low and the cuff is on the oximeter's arm: start a reading by hand, or move one of them."
        )
    return ""


def on_oximeter_arm(arms: Arms) -> bool:
    """Whether the cuff is known to squeeze the arm that the oximeter is on."""
    return arms.cuff in KNOWN and arms.cuff == arms.oximeter
