"""Scanning through bumble, for bleak's `BleakScanner`."""

# pyright: reportUnknownMemberType=false
# bumble's event emitters take any callable

from __future__ import annotations

from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.uuids import normalize_uuid_str
from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement, Device

from kapmonitor.transports.bumble_dongle import Dongle

_NAMES = (AdvertisingData.Type.COMPLETE_LOCAL_NAME, AdvertisingData.Type.SHORTENED_LOCAL_NAME)
_SERVICES = (
    (AdvertisingData.Type.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, 2),
    (AdvertisingData.Type.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, 2),
    (AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, 16),
    (AdvertisingData.Type.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, 16),
)


class BumbleScanner(BaseBleakScanner):
    """Made by `BleakScanner(..., backend=BumbleScanner, dongle=dongle)`."""

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        *_: object,
        dongle: Dongle,
        **__: object,
    ) -> None:
        """`dongle` is the controller; the rest is bleak's."""
        super().__init__(detection_callback, service_uuids)
        self._dongle = dongle
        self._device: Device | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self.seen_devices = {}
        self._device = await self._dongle.ask(self._dongle.device())
        self._device.on(Device.EVENT_ADVERTISEMENT, self._on_advertisement)
        await self._dongle.ask(self._device.start_scanning())

    async def stop(self) -> None:
        """Listen no more."""
        device, self._device = self._device, None
        if device is not None:
            device.remove_listener(Device.EVENT_ADVERTISEMENT, self._on_advertisement)
            await self._dongle.ask(device.stop_scanning())

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        heard = _advertisement_data(advertisement)
        if not self.is_allowed_uuid(heard.service_uuids):
            return
        address = advertisement.address.to_string(with_type_qualifier=False)
        device = self.create_or_update_device(
            address, address, heard.local_name, advertisement.address, heard
        )
        self.call_detection_callbacks(device, heard)


def _advertisement_data(advertisement: Advertisement) -> AdvertisementData:
    data = advertisement.data
    names = [str(name) for kind in _NAMES for name in data.get_all(kind)]
    services = {
        _full(each): None for kind, size in _SERVICES for each in _uuids(data.get_all(kind, raw=True), size)
    }
    return AdvertisementData(
        local_name=names[0] if names else None,
        manufacturer_data=dict(data.get_all(AdvertisingData.Type.MANUFACTURER_SPECIFIC_DATA)),
        service_data={},
        service_uuids=list(services),
        tx_power=None,
        rssi=advertisement.rssi,
        platform_data=(advertisement,),
    )


def _uuids(lists: list[bytes], size: int) -> list[UUID]:
    """The UUIDs of `size` bytes in `lists`; a cut one at the end of a list is left out."""
    return [
        UUID.from_bytes(each[start : start + size])
        for each in lists
        for start in range(0, len(each) - size + 1, size)
    ]


def _full(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))
