"""A connection that comes back: walks the list of brokers, and says in words what is wrong meanwhile."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from kapmonitor.mqtt.client import Connection, Will, connect
from kapmonitor.mqtt.errors import BrokerError
from kapmonitor.mqtt.server import Server

_log = logging.getLogger(__name__)

BACKOFF_S = (0.25, 5.0)
"""The pause after the whole list has failed: the first one, doubling up to the second, with jitter."""
_STEADY_S = 5.0  # a connection that stood this long was a good one: the pauses begin anew

Serve = Callable[[Connection], Awaitable[None]]


class Link:
    """Keeps one connection up and has `serve` use it; a new client object for every attempt.

    `client_id` stays the same for the life of this object: so a broker that has not yet noticed the end of
    our last connection lets go of it when we come back, and not minutes later.

    A `serve` that uses a task group awaits something in the group's body that ends with the connection.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        client_id: str,
        *,
        loss: str,
        will: Will | None = None,
        keep: bool = False,
    ) -> None:
        """`loss` is what the people in the house lose without this link: "Pages cannot go out".

        `keep`: see `connect`.
        """
        self.connected = False
        self.reconnects = 0
        self._servers = servers
        self._client_id = client_id
        self._loss = loss
        self._will = will
        self._keep = keep
        self._since = datetime.now(UTC)
        self._failures: dict[Server, BrokerError] = {}

    def problems(self) -> list[str]:
        """A sentence for each broker that failed us since the connection went; empty while it stands."""
        return [self._sentence(server, failure) for server, failure in self._failures.items()]

    async def run(self, serve: Serve) -> None:
        """Serve for ever; ends only by cancellation. Nothing that happens on MQTT may end monitoring."""
        rounds = attempt = 0
        while True:
            server = self._servers[attempt % len(self._servers)]
            steady = await self._attempt(server, serve)
            attempt += 1
            rounds = 0 if steady else rounds
            if attempt % len(self._servers) == 0 or steady:
                await asyncio.sleep(_pause(rounds))
                rounds += 1

    async def _attempt(self, server: Server, serve: Serve) -> bool:
        """Connect and serve until the connection is lost; whether it had stood for a while."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with connect(server, self._client_id, self._will, keep=self._keep) as connection:
                began = loop.time()
                self._is_up(server)
                await serve(connection)
        except* BrokerError as failures:
            self._is_down(server, _first(failures))
        except* Exception as failures:  # noqa: BLE001 - the alarm path comes back whatever it was
            _log.exception("MQTT broker %s: unexpected failure, connecting anew", server)
            self._is_down(server, BrokerError("cannot be used", repr(failures.exceptions[0]), "report this"))
        _pass_cancellation_on()
        return loop.time() - began >= _STEADY_S

    def _is_up(self, server: Server) -> None:
        if self._failures:
            _log.warning("MQTT broker %s answers again", server)
        self.connected = True
        self._failures.clear()

    def _is_down(self, server: Server, failure: BrokerError) -> None:
        if self.connected:
            self.reconnects += 1
            self._since = datetime.now(UTC)
        self.connected = False
        known = self._failures.get(server)
        self._failures[server] = failure
        if known is None or known.reason != failure.reason:
            _log.warning("%s", self._sentence(server, failure))

    def _sentence(self, server: Server, failure: BrokerError) -> str:
        since = self._since.astimezone().strftime("%H:%M")
        return (
            f"MQTT broker {server} {failure.what} since {since} ({failure.reason}). "
            f"{self._loss}; {failure.advice}."
        )


def _pause(rounds: int) -> float:
    first, longest = BACKOFF_S
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients out, keeps no secret
    return min(longest, first * 2.0 ** min(rounds, 10)) * jitter


def _first(failures: BaseExceptionGroup[BrokerError]) -> BrokerError:
    one = failures.exceptions[0]
    return _first(one) if isinstance(one, BaseExceptionGroup) else one


def _pass_cancellation_on() -> None:
    """End what is cancelled although it failed.

    Before Python 3.13 a task group whose tasks fail while it is being cancelled drops the cancellation. The
    task's count still knows of it, but only if the group failed inside its `async with` body: one that
    fails while it waits for its tasks leaves the count too high.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
