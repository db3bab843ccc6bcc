"""The tables of the record, as SQLAlchemy Core: what SQLite and PostgreSQL both understand.

Times `..._us` are UTC in microseconds since 1970. `migrations` makes these tables; a test compares the two.
Those that prove what the others say stand in `proof`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("seat", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("drill", Boolean, nullable=False),
    Column("phase", Text, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger),
    Column("by", Text, nullable=False),
    Column("ended_by", Text),
    Column("origin", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("client", Text, nullable=False, server_default=""),
    Index(None, "client", "started_us"),
)
"""One row a session, as its entries made it: to find it by, and for a restart where they cannot be read.

`rules` is the hash of its rule set, `client` the clinic's code; `ended_us` is null while it is open.
"""

session_entry = Table(
    "session_entry",
    metadata,
    Column("session", Text, ForeignKey("session.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("t_us", BigInteger, nullable=False),
    Column("mono_offset_us", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("key", Text, nullable=False),
    Index(None, "key"),
)
"""What a session is: its entries, counted from 1 without a gap; rows are only ever added.

`kind` names what was entered and `what` is all of it (JSON); `key` is the idempotency key of the command.
`mono_offset_us` is UTC minus the monotonic clock.
"""

alarm_transition = Table(
    "alarm_transition",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("session", Text, ForeignKey("session.id"), nullable=False),
    Column("alarm", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    Column("by", Text),
    Column("value", Float),
    Column("limit", Float),
    Column("unit", Text, nullable=False),
    Column("page", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("t_us", BigInteger, nullable=False),
    Column("mono_offset_us", BigInteger, nullable=False),
    Index(None, "session", "t_us"),
    Index(None, "alarm", "seq"),
)
"""What happened to alarms, in order; rows are only ever added.

`alarm` is the instance, `name` its hazard; `by` who had acknowledged it. `mono_offset_us` is UTC minus the
monotonic clock: it changes where the machine's clock was set, and at every restart of the service.
"""

alarm_state = Table(
    "alarm_state",
    metadata,
    Column("session", Text, ForeignKey("session.id"), primary_key=True),
    Column("saved_us", BigInteger, nullable=False),
    Column("saved_at", Float, nullable=False),
    Column("state", Text, nullable=False),
)
"""What the alarm engine of an open session remembers (JSON); its times are of the clock of `saved_at`."""

service_state = Table(
    "service_state",
    metadata,
    Column("site", Text, primary_key=True),
    Column("saved_us", BigInteger, nullable=False),
    Column("saved_at", Float, nullable=False),
    Column("state", Text, nullable=False),
)
"""What the alarms of the service itself remember (JSON), as `alarm_state` does of a session; a row a site."""

alarm_label = Table(
    "alarm_label",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("alarm", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("t_us", BigInteger, nullable=False),
    Index(None, "alarm"),
)
"""What people said that an alarm was: `real`, `artefact` or `expected`; the newest counts."""

rule_set = Table(
    "rule_set",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("signed_us", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
)
"""Rule sets that a medical user has signed: who, when, and the whole TOML text; `hash` is its SHA-256."""

numeric = Table(
    "numeric",
    metadata,
    Column("session", Text, primary_key=True),
    Column("t_us", BigInteger, primary_key=True),
    Column("heading", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""One row a second and session: `data` has two 32-bit floats (little-endian) for each column of its heading.

The first is the smoothed value, the second the newest as read; NaN where there is none. No foreign key:
measured values must never keep an alarm from being written.
"""

numeric_heading = Table(
    "numeric_heading",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("columns", Text, nullable=False),
)
"""What the numbers of a row are: JSON, a list of [quantity, unit, device, quality, reason]; `id` its hash."""

wave_heading = Table(
    "wave_heading",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("session", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("rate_hz", Float, nullable=False),
    Column("codec", Text, nullable=False),
    Index(None, "session", "quantity"),
)
"""What all seconds of a waveform have in common; `id` is its hash. Each row of `wave` proves its own."""

wave_data = Table(
    "wave_data",
    metadata,
    Column("heading", BigInteger, primary_key=True, autoincrement=False),
    Column("t_us", BigInteger, primary_key=True, autoincrement=False),
    Column("samples", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""About a second of a waveform; `t_us` is the time of its first sample. `samples` has the codecs.

Two numbers for a key: PostgreSQL fills the pages of such an index, and leaves half of wider ones empty.
"""

wave = Table(
    "wave",
    MetaData(),
    Column("session", Text, primary_key=True),
    Column("quantity", Text, primary_key=True),
    Column("t_us", BigInteger, primary_key=True),
    Column("device", Text),
    Column("rate_hz", Float),
    Column("samples", Integer),
    Column("codec", Text),
    Column("data", LargeBinary),
)
"""A view: both of them together. It is what is read, and what is proved; nothing is written to it."""

unrecorded = Table(
    "unrecorded",
    metadata,
    Column("session", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("since_us", BigInteger, primary_key=True),
    Column("until_us", BigInteger, nullable=False),
    Column("rows", Integer, nullable=False),
)
"""What was measured but not kept, because the disk took nothing for too long: rows of `numeric` or `wave`."""

page = Table(
    "page",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("page_id", Text, nullable=False),
    Column("pager", Text, nullable=False),
    Column("alarm", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("round_us", BigInteger, nullable=False),
    Column("t_us", BigInteger, nullable=False),
    Column("mono_offset_us", BigInteger, nullable=False),
    Index(None, "page_id"),
    Index(None, "alarm"),
    Index(None, "t_us"),
)
"""Every page to every pager, written before it is sent; rows are only ever added. `document` is all of it."""

receipt = Table(
    "receipt",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("page_id", Text, nullable=False),
    Column("pager", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("t_us", BigInteger, nullable=False),
    Column("mono_offset_us", BigInteger, nullable=False),
    Index(None, "page_id"),
    Index(None, "t_us"),
)
"""What pagers said of them, each status of a page once; `said` is the time that the pager gave."""

on_call = Table(
    "on_call",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("pager", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("until_us", BigInteger),
    Column("t_us", BigInteger, nullable=False),
    Column("mono_offset_us", BigInteger, nullable=False),
    Index(None, "t_us"),
)
"""Who went on call (`on-call`), covered for whoever is (`cover`), or answered a page (`tested`)."""

user = Table(
    "user",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("pin_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
)
"""Who can log in: argon2 hashes of the password and of the PIN (empty: none)."""

login = Table(
    "login",
    metadata,
    Column("key", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("began_us", BigInteger, nullable=False),
    Column("used_us", BigInteger, nullable=False),
    Column("touched_us", BigInteger, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("recent", Text, nullable=False),
)
"""Who is logged in; `key` is the SHA-256 of the token that the browser has, `recent` users, with spaces."""

display = Table(
    "display",
    metadata,
    Column("id", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("paired_us", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
)
"""Screens that show all rooms (`room` empty) or one without a log-in; `key` as in `login`."""
