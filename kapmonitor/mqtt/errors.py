"""Why a broker cannot be used, in words that staff can act on."""

from __future__ import annotations

from kapmonitor.errors import KapmonitorError


class BrokerError(KapmonitorError):
    """A broker that cannot be used just now; `what` is the verb of the sentence, `advice` what to do."""

    def __init__(self, what: str, reason: str, advice: str = "check that the broker runs") -> None:
        """As in: "MQTT broker 10.0.0.1:1883 `what` (`reason`); `advice`."."""
        super().__init__(f"{what} ({reason}); {advice}")
        self.what = what
        self.reason = reason
        self.advice = advice


class SubscriptionRefusedError(BrokerError):
    """The broker lets us connect, but not read this."""


def too_late(limit_s: float) -> BrokerError:
    """The error of a broker that let `limit_s` seconds pass without an answer."""
    return BrokerError("does not answer", f"nothing within {limit_s:g} s")
