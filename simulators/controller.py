"""One virtual Bluetooth controller: bumble's, with what a real one does and bumble's does not.

It stands for the chip: a host (ours, or that of a simulated device) talks HCI to it, and it talks over the
`Radio` to other controllers.
"""

# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false
# bumble annotates only part of what is overridden here

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bumble.controller import Connection, Controller
from bumble.hci import (
    Address,
    HCI_ErrorCode,
    HCI_LE_Connection_Complete_Event,
    HCI_LE_Create_Connection_Cancel_Command,
    HCI_LE_Create_Connection_Command,
    HCI_LE_Extended_Create_Connection_Command,
    HCI_Packet,
    HCI_Reset_Command,
    HCI_StatusReturnParameters,
    Role,
)

if TYPE_CHECKING:
    from simulators.radio import Radio


class VirtualController(Controller):
    """A controller on a `Radio`; `close` is what pulling its battery would be.

    `hung`: it no longer answers its host, as a dongle whose firmware crashed. `slots`: as many connections as
    it can hold, such as five or seven; None: any number.
    """

    def __init__(self, name: str, radio: Radio) -> None:
        """Join `radio`; the address comes later, from the host."""
        super().__init__(name, link=radio)
        self._radio = radio
        self.hung = False
        self.slots: int | None = None

    def on_packet(self, packet: bytes) -> None:
        """Take an HCI packet from the host."""
        if not self.hung:
            super().on_packet(packet)

    def send_hci_packet(self, packet: HCI_Packet) -> None:
        """As bumble's, but for its text of each packet for a log: that took longer than all the rest."""
        if self.host is not None and not self.hung:
            asyncio.get_running_loop().call_soon(self.host.on_packet, bytes(packet))

    def on_hci_le_create_connection_command(self, command: HCI_LE_Create_Connection_Command) -> None:
        """Connect, where there is a slot for it."""
        if not self._is_full(command.op_code):
            super().on_hci_le_create_connection_command(command)

    def on_hci_le_extended_create_connection_command(
        self, command: HCI_LE_Extended_Create_Connection_Command
    ) -> None:
        """Connect, where there is a slot for it."""
        if not self._is_full(command.op_code):
            super().on_hci_le_extended_create_connection_command(command)

    def _is_full(self, op_code: int) -> bool:
        full = self.slots is not None and len(self.le_connections) >= self.slots
        if full:
            self._send_hci_command_status(HCI_ErrorCode.CONNECTION_LIMIT_EXCEEDED_ERROR, op_code)
        return full

    def hears(self, advertiser: Address) -> bool:
        """Whether an advertisement of `advertiser` would make a difference to it."""
        pending = self.pending_le_connection
        return self.le_scan_enable or (pending is not None and pending.peer_address == advertiser)

    def lose(self, peer: Address, reason: int) -> None:
        """End the connection to `peer`, if there is one, and tell the host the `reason` (an HCI error)."""
        connection = self.le_connections.get(peer)
        if connection is not None:
            self.on_le_disconnected(connection, reason)

    def close(self) -> None:
        """Leave the radio: no more advertisements, and whoever was connected loses the link."""
        self._radio.remove_controller(self)
        self._forget()
        self.host = None
        if not self.terminated.done():
            self.terminated.set_result(None)

    def on_le_disconnected(self, connection: Connection, reason: int) -> None:
        """End `connection` once, however many sides say so."""
        if self.le_connections.get(connection.peer_address) is connection:
            super().on_le_disconnected(connection, reason)

    def on_hci_reset_command(self, command: HCI_Reset_Command) -> HCI_StatusReturnParameters:
        """Forget everything, as Vol 4, Part E, 7.3.2 has it; bumble's controller keeps all."""
        self._radio.drop_links(self, HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)
        self._forget()
        return super().on_hci_reset_command(command)

    def on_hci_le_create_connection_cancel_command(
        self, _command: HCI_LE_Create_Connection_Cancel_Command
    ) -> HCI_StatusReturnParameters:
        """Stop connecting, and say so in an event, as Vol 4, Part E, 7.8.13 has it.

        Bumble's controller goes on connecting: one absent device would block every later connect.
        """
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return HCI_StatusReturnParameters(HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        cancelled = HCI_LE_Connection_Complete_Event(
            status=HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=Role.CENTRAL,
            peer_address_type=pending.peer_address.address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        # Called soon, so that the command's own answer goes first.
        asyncio.get_running_loop().call_soon(self.send_hci_packet, cancelled)
        return HCI_StatusReturnParameters(HCI_ErrorCode.SUCCESS)

    def _forget(self) -> None:
        self.pending_le_connection = None
        self.le_scan_enable = False
        self.le_legacy_advertiser.stop()
        for advertising_set in self.advertising_sets.values():
            advertising_set.stop()
        self.advertising_sets.clear()
