"""The record: durable before anything is called done."""

from kapmonitor.storage.errors import RecordInUseError, StorageError
from kapmonitor.storage.record import Record
from kapmonitor.storage.rows import Restored
from kapmonitor.storage.signatures import SignedRules

__all__ = ["Record", "RecordInUseError", "Restored", "SignedRules", "StorageError"]
