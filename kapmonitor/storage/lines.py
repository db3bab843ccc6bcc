"""The entries of a session as rows of the record, and the session that such rows make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from kapmonitor.model import Moment, Phase, Route
from kapmonitor.people import SERVICE, Role
from kapmonitor.session import fold
from kapmonitor.session.entries import AnyWhat, Arms, Client, Ended, Entry, Opened, Unreadable
from kapmonitor.session.session import Session
from kapmonitor.storage.instants import Instant, Row, instant, laid_out


def entry_row(session: str, entry: Entry) -> Row:
    """One entry; its `Moment` says what UTC belongs to its monotonic time."""
    when = instant(entry.moment)
    return {
        "session": session,
        "seq": entry.seq,
        "t_us": when.t_us,
        "mono_offset_us": when.mono_offset_us,
        "by": entry.by,
        "role": entry.role.value,
        "kind": entry.what.__struct_config__.tag,
        "what": msgspec.json.encode(entry.what).decode(),
        "key": entry.key,
    }


class Folded(NamedTuple):
    """A session, and whether all of its entries could be read."""

    session: Session
    whole: bool


def folded(row: Row, lines: Sequence[Row], last: Instant, moment: Moment) -> Folded:
    """What a session's entries make, on the clock of `moment`; `last` is the last that was kept of it.

    An entry that cannot be read, or is missing, leaves its place to an `Unreadable`, so that the others keep
    their numbers. Where and in which phase the patient is, and whether the session is open, then says `row`.
    """
    begun = Instant(row["started_us"], lines[0]["mono_offset_us"] if lines else last.mono_offset_us)
    instants = [begun, *(Instant(each["t_us"], each["mono_offset_us"], each["kind"]) for each in lines), last]
    started, *moments, _ = laid_out(instants, moment)
    entries = {each["seq"]: _entry(each, at) for each, at in zip(lines, moments, strict=True)}
    first = entries.get(1)
    whole = first is not None and isinstance(first.what, Opened)
    if not whole:
        entries[1] = Entry(seq=1, moment=started, by=row["by"], role=Role.SERVICE, what=_opened(row))
    session = Session(row["id"], entries[1].moment, entries[1].by)
    for entry in _without_gaps(entries):
        fold.apply(session, entry)
        whole = whole and not isinstance(entry.what, Unreadable)
    if not whole:
        _believe(session, row)
    return Folded(session, whole)


def what_of(text: str) -> AnyWhat | None:
    """What an entry says; None where this version cannot read it. Fields that it does not know are left."""
    try:
        found: AnyWhat = msgspec.convert(_known(msgspec.json.decode(text)), AnyWhat)
    except msgspec.MsgspecError:
        return None
    return found


def _known(found: object) -> object:
    """Without fields of a newer version in the parts that people send, too, where they are refused."""
    if not isinstance(found, dict):
        return found
    what = cast("dict[str, Any]", found)
    for name, part in (("arms", Arms), ("client", Client)):
        if isinstance(what.get(name), dict):
            fields = part.__struct_fields__
            what[name] = {key: value for key, value in what[name].items() if key in fields}
    return what


def _entry(row: Row, moment: Moment) -> Entry:
    what = what_of(row["what"])
    role = row["role"] if row["role"] in set(Role) else None
    if what is None or role is None:
        what = Unreadable(was=row["kind"])
    return Entry(
        seq=row["seq"],
        moment=moment,
        by=row["by"],
        role=Role(role or SERVICE.role),
        what=what,
        key=row["key"],
    )


def _without_gaps(entries: dict[int, Entry]) -> Iterable[Entry]:
    """All from the first to the last; what is missing happened when what stands before it did."""
    before = entries[1]
    for seq in range(1, max(entries) + 1):
        lost = Entry(seq=seq, moment=before.moment, by=SERVICE.id, role=SERVICE.role, what=Unreadable())
        before = entries.get(seq, lost)
        yield before


def _opened(row: Row) -> Opened:
    return Opened(
        room=row["room"],
        seat=row["seat"],
        route=Route(row["route"]),
        drill=row["drill"],
        client=Client(code=row["client"]),
        rules=row["rules"],
    )


def _believe(session: Session, row: Row) -> None:
    """Let the row say what entries that cannot be read may have changed."""
    session.room, session.seat = row["room"], row["seat"]
    last = session.entries[-1].moment
    phase = Phase(row["phase"])
    if session.phase is not phase:
        lost = [each.moment.at for each in session.entries if isinstance(each.what, Unreadable)]
        session.phase, session.phase_at = phase, lost[-1] if lost else last.at
    if row["ended_us"] is None:
        session.ended = None
    elif session.ended is None:
        session.ended = (last, row["ended_by"] or "", Ended())
