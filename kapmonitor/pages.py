"""What goes to a pager and what comes back: documents, topics, and the one way to read them. Pure.

A page is worth nothing until its pager says so. A pager writes only its own `receipt` and `status`, the
service only `page`; whatever else comes, too large, kept by a broker or not as it should be, is refused with
one word (`Refusal`). Nothing here names or describes a person.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from kapmonitor.documents import KEPT, SCHEMA, SURE, Document, Message, Priority
from kapmonitor.errors import KapmonitorError

MAX_BYTES = 4096
"""A larger payload is nobody's page and nobody's receipt."""

Id = Annotated[str, Meta(pattern="^[a-z0-9-]{1,200}$")]
Time = Annotated[
    str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$")
]
Kind = Literal["page", "withdraw", "summary", "test"]
Status = Literal["delivered", "read", "accepted", "rejected"]
Presence = Literal["online", "offline"]
STATUSES: tuple[Status, ...] = ("delivered", "read", "accepted", "rejected")


class Page(Document, frozen=True, kw_only=True):
    """One call to one pager. `page_id` is this message's own; sent again it is the same, to be shown once.

    `alarm` is what it is about: an alarm's id, or of a test an id of its own; `seq` is the alarm's as it was
    then, a larger one is newer. After `sent_at` + `ttl_s` it is late. `level`: 0 whoever is on call, 1
    somebody else as well, 2 everybody.
    """

    page_id: Id
    kind: Kind
    alarm: Id
    seq: Annotated[int, Meta(ge=0)]
    priority: Priority
    room: Annotated[str, Meta(pattern="^[a-z0-9-]{0,40}$")]
    seat: Annotated[str, Meta(pattern="^[a-z0-9-]{0,40}$")]
    text: Annotated[str, Meta(max_length=500)]
    sent_at: Time
    ttl_s: Annotated[int, Meta(ge=1)]
    level: Annotated[int, Meta(ge=0, le=2)]


class Receipt(Document, frozen=True, kw_only=True):
    """What a pager says of a page, by the page's `page_id` and `seq`; `at` by the pager's own clock."""

    schema: Annotated[int, Meta(ge=SCHEMA, le=SCHEMA)] = SCHEMA
    origin: Annotated[str, Meta(max_length=20)] = "live"
    page_id: Id
    seq: Annotated[int, Meta(ge=0)]
    status: Status
    at: Time


class Refusal(StrEnum):
    """Why something that came in was dropped."""

    TOPIC = "topic"
    SIZE = "size"
    RETAINED = "retained"
    MALFORMED = "malformed"
    PAGER = "pager"
    """A pager that the configuration does not have."""
    PAGE = "page"
    """A page that this pager was never sent, or not with this `seq`."""


class RefusedMessageError(KapmonitorError):
    """A message that is dropped; `why` is the word that it is counted under."""

    def __init__(self, why: Refusal, detail: str) -> None:
        """`detail` is for whoever writes the other end."""
        super().__init__(f"{why.value}: {detail}")
        self.why = why


class FromPager(NamedTuple):
    """What a pager said, and which: by the topic that only this pager may write."""

    pager: str
    what: Receipt | Presence


def page(pager: str, document: Page) -> Message:
    """A call to a pager."""
    return Message(f"pager/{pager}/page", document, SURE)


def receipt(pager: str, document: Receipt) -> Message:
    """A pager's answer; the only way in."""
    return Message(f"pager/{pager}/receipt", document, SURE)


def pager_status(pager: str, status: Presence) -> Message:
    """Whether a pager can be reached; also its last will."""
    return Message(f"pager/{pager}/status", status, KEPT)


def from_pager(topic: str, payload: bytes, *, retained: bool) -> FromPager:
    """What came in on `topic` (below the site's root). A status may be a retained one, a receipt never.

    Raises:
        RefusedMessageError: it is neither, or not as it should be.
    """
    match topic.split("/"):
        case ["pager", pager, "receipt"] if pager:
            return FromPager(pager, read_receipt(payload, retained=retained))
        case ["pager", pager, "status"] if pager:
            return FromPager(pager, _presence(payload))
        case _:
            raise RefusedMessageError(Refusal.TOPIC, "only receipt and status of a pager are read")


def read_page(payload: bytes, *, retained: bool) -> Page:
    """What a pager was sent.

    Raises:
        RefusedMessageError: it is no page, or was kept by a broker.
    """
    return _read(payload, Page, retained=retained)


def read_receipt(payload: bytes, *, retained: bool) -> Receipt:
    """What a pager answered.

    Raises:
        RefusedMessageError: it is no receipt, or was kept by a broker.
    """
    return _read(payload, Receipt, retained=retained)


def checked(document: Page) -> Page:
    """The same page, once it is sure that whoever reads it by the published schema will take it.

    Raises:
        RefusedMessageError: it would not be taken.
    """
    return read_page(msgspec.json.encode(document), retained=False)


_Some = TypeVar("_Some", bound=Document)


def _read(payload: bytes, kind: type[_Some], *, retained: bool) -> _Some:
    if len(payload) > MAX_BYTES:
        raise RefusedMessageError(Refusal.SIZE, f"{len(payload)} bytes, at most {MAX_BYTES} are read")
    if retained:
        raise RefusedMessageError(Refusal.RETAINED, "a retained one is an old one")
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedMessageError(Refusal.MALFORMED, str(error)) from None


def _presence(payload: bytes) -> Presence:
    if payload == b"online":
        return "online"
    if payload in (b"offline", b""):  # emptied: the pager is not there any more
        return "offline"
    raise RefusedMessageError(Refusal.MALFORMED, "a status is the bare word online or offline")
