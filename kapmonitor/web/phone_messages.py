"""What a phone's page and the service say to each other on `/ws/pager`: JSON, told apart by `kind`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kapmonitor.pages import Page

# What the page says


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="kind"):
    """The first message: which pager this browser is, and what only this browser knows."""

    pager: str
    key: str


class Says(msgspec.Struct, frozen=True, tag="seen", tag_field="kind"):
    """The answer to a heartbeat: whether somebody can see the page, whether it may sound, the battery (%)."""

    visible: bool
    sound: bool = False
    battery: float | None = None


class Said(msgspec.Struct, frozen=True, tag="receipt", tag_field="kind"):
    """A receipt, as the document that pagers publish; `number` comes back once it was taken."""

    number: int
    receipt: msgspec.Raw


FromPhone = Hello | Says | Said
FROM_PHONE: msgspec.json.Decoder[Hello | Says | Said] = msgspec.json.Decoder(FromPhone)

# What the service says


class Heartbeat(msgspec.Struct, frozen=True, tag="heartbeat", tag_field="kind"):
    """The service lives and monitors; `ts` is its time."""

    ts: str


class Called(msgspec.Struct, frozen=True, tag="page", tag_field="kind"):
    """A page, as it is published to pagers; the same may come again."""

    page: Page


class Stands(msgspec.Struct, frozen=True, tag="standing", tag_field="kind"):
    """What the pager should show; `complete`: whatever else it shows is over."""

    pages: Sequence[Page]
    complete: bool


class Noted(msgspec.Struct, frozen=True, tag="noted", tag_field="kind"):
    """The receipt with this `number` was taken, or refused for good: it need not be sent again."""

    number: int


class Lost(msgspec.Struct, frozen=True, tag="lost", tag_field="kind"):
    """This browser is the pager no longer: `by` has taken or left it; empty: another window of it is open."""

    by: str


class Refused(msgspec.Struct, frozen=True, tag="refused", tag_field="kind"):
    """It cannot be that pager, and why."""

    reason: str


ToPhone = Heartbeat | Called | Stands | Noted | Lost | Refused
