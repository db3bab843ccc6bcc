"""What can go wrong with the record; the texts are what staff read."""

from __future__ import annotations

from kapmonitor.errors import KapmonitorError

IN_USE = "is in use by another kapmonitor. End that one, or give this one a storage.url of its own."


class StorageError(KapmonitorError):
    """The record cannot be used as it is; monitoring goes on from memory.

    Its text goes on where "The record PATH" stops.
    """


class RecordInUseError(StorageError):
    """Another process writes this record; two writers could damage it."""
