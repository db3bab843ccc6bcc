"""The virtual radio: what the air is between simulated devices and the central that looks for them.

Bytes travel between bumble's controllers as they would over the air, minus the air: no interference, no
connection interval. What is added to bumble's link: range with a supervision timeout, latency, and
advertisements that go only where they are heard, so that a hundred straps fit on one radio.
"""

# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false, reportMissingParameterType=false
# bumble annotates only part of what is overridden here

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Self

from bumble.core import PhysicalTransport
from bumble.hci import Address, HCI_ErrorCode
from bumble.link import LocalLink
from bumble.ll import AdvertisingPdu, AdvExtInd, AdvInd, ConnectInd, ControlPdu
from bumble.transport.common import PacketParser, StreamPacketSink, Transport

from simulators.controller import VirtualController

if TYPE_CHECKING:
    from bumble.controller import Controller

Delivery = Callable[[], None]

_CHUNK = 65536


class Radio(LocalLink):
    """One room's air. Peripherals `join`, a central is handed out by `central` or over TCP by `serve_hci`."""

    def __init__(self, *, supervision_s: float = 1.0, latency_s: float = 0.0) -> None:
        """`supervision_s`: how long a link survives without range; `latency_s`: how long a packet takes.

        Both in real seconds: air does not run faster than life.
        """
        super().__init__()  # type: ignore[no-untyped-call]  # bumble leaves it without annotations
        self._supervision_s = supervision_s
        self._latency_s = latency_s
        self._at: dict[Address, VirtualController] = {}
        self.centrals: set[VirtualController] = set()
        """The controllers that scan and connect."""
        self._away: dict[VirtualController, asyncio.TimerHandle] = {}
        self._in_flight: deque[Delivery] = deque()
        self._held: list[tuple[VirtualController, VirtualController, Delivery]] = []
        self._servers: list[asyncio.Server] = []
        self._hosts: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Switch everything off: every link is lost, every HCI connection closed."""
        for server in self._servers:
            server.close()
        hosts = list(self._hosts)
        for host in hosts:
            host.cancel()
        await asyncio.gather(*hosts, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()
        for controller in set(self.centrals) | set(self._at.values()):
            controller.close()

    def join(self, name: str) -> VirtualController:
        """A controller for one peripheral."""
        return VirtualController(name, self)

    def central(self) -> Transport:
        """A controller that scans and connects, as the HCI transport that `bumble_adapter` takes."""
        controller = self._new_central()
        return Transport(controller, controller)

    async def serve_hci(self, host: str, port: int) -> int:
        """Offer a central to another process, HCI over TCP (`tcp-client:HOST:PORT` there); the port used.

        Port 0 takes a free one. Each connection gets a controller of its own, which leaves the radio when
        the connection ends, as a dongle that is pulled out.
        """
        server = await asyncio.start_server(self._serve_host, host, port)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def out_of_range(self, controller: VirtualController) -> None:
        """Nothing goes to or from `controller`; its links end when the supervision timeout has passed."""
        if controller not in self._away:
            loop = asyncio.get_running_loop()
            self._away[controller] = loop.call_later(self._supervision_s, self._supervise, controller)

    def in_range(self, controller: VirtualController) -> None:
        """Hear `controller` again. What a link that survived could not send meanwhile arrives now."""
        timer = self._away.pop(controller, None)
        if timer is not None:
            timer.cancel()
            held, self._held = self._held, []
            for one, other, deliver in held:
                self._carry(one, other, deliver)

    def drop_links(self, controller: VirtualController, reason: int) -> None:
        """End every link of `controller` on both sides, with `reason` (an HCI error)."""
        for connection in list(controller.le_connections.values()):
            peer = self._at.get(connection.peer_address)
            if peer is not None:
                peer.lose(connection.self_address, reason)
            controller.lose(connection.peer_address, reason)

    def on_address_changed(self, controller: VirtualController) -> None:
        """Remember where `controller` is now, so that nobody has to be asked for each packet."""
        self._forget_address(controller)
        self._at[controller.random_address] = controller

    def remove_controller(self, controller: Controller) -> None:
        """Take `controller` off the air."""
        if isinstance(controller, VirtualController):
            self.drop_links(controller, HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)
            self.in_range(controller)
            self._forget_address(controller)
            self.centrals.discard(controller)
        self.controllers.discard(controller)

    def find_le_controller(self, address: Address) -> VirtualController | None:
        """Who has `address`."""
        return self._at.get(address)

    def send_advertising_pdu(self, sender_controller: Controller, packet: AdvertisingPdu) -> None:
        """Deliver an advertisement to those whom it concerns, a connect request to the one it is for."""
        if not isinstance(sender_controller, VirtualController) or sender_controller in self._away:
            return
        if isinstance(packet, ConnectInd):
            self._later(partial(self._connect, sender_controller, packet))
        elif isinstance(packet, AdvInd | AdvExtInd):
            for central in self.centrals:
                if central not in self._away and central.hears(packet.advertiser_address):
                    self._later(partial(central.on_ll_advertising_pdu, packet))

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        """Deliver data over a link."""
        source = sender_controller.random_address
        destination = self._at.get(destination_address)
        if destination is not None and isinstance(sender_controller, VirtualController):
            deliver = partial(destination.on_link_acl_data, source, transport, data)
            self._carry(sender_controller, destination, deliver)

    def send_ll_control_pdu(
        self, sender_address: Address, receiver_address: Address, packet: ControlPdu
    ) -> None:
        """Deliver a control packet over a link; to one who has left, nobody delivers anything."""
        sender, receiver = self._at.get(sender_address), self._at.get(receiver_address)
        if sender is not None and receiver is not None:
            self._carry(sender, receiver, partial(receiver.on_ll_control_pdu, sender_address, packet))

    def _new_central(self) -> VirtualController:
        controller = VirtualController("central", self)
        self.centrals.add(controller)
        return controller

    async def _serve_host(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One host, for as long as it is connected: H4 packets in and out of a central of its own."""
        task = asyncio.current_task()
        if task is not None:
            self._hosts.add(task)
            task.add_done_callback(self._hosts.discard)
        central = self._new_central()
        central.set_packet_sink(StreamPacketSink(writer.transport))
        parser = PacketParser(central)
        try:
            with suppress(ConnectionError):
                while data := await reader.read(_CHUNK):
                    parser.feed_data(data)
        finally:
            central.close()
            writer.close()

    def _connect(self, sender: VirtualController, packet: ConnectInd) -> None:
        """Hand over a connect request; if its target stopped listening meanwhile, the link fails."""
        target = self._at.get(packet.advertiser_address)
        if target is not None and target not in self._away and target.is_advertising:
            target.on_ll_advertising_pdu(packet)
        else:
            sender.lose(packet.advertiser_address, HCI_ErrorCode.CONNECTION_FAILED_TO_BE_ESTABLISHED_ERROR)

    def _carry(self, one: VirtualController, other: VirtualController, deliver: Delivery) -> None:
        """Deliver between two ends of a link; out of range the link layer would repeat it, so it waits."""
        if one in self._away or other in self._away:
            self._held.append((one, other, deliver))
        else:
            self._later(deliver)

    def _later(self, deliver: Delivery) -> None:
        loop = asyncio.get_running_loop()
        if self._latency_s:
            self._in_flight.append(deliver)
            loop.call_later(self._latency_s, self._arrive)
        else:
            loop.call_soon(deliver)

    def _arrive(self) -> None:
        """Deliver what was sent first: timers that are due at the same moment fire in any order."""
        self._in_flight.popleft()()

    def _supervise(self, controller: VirtualController) -> None:
        self._held = [each for each in self._held if controller not in each[:2]]
        self.drop_links(controller, HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)

    def _forget_address(self, controller: VirtualController) -> None:
        for address in [address for address, owner in self._at.items() if owner is controller]:
            del self._at[address]
