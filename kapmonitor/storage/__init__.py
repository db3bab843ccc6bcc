"""The record: durable before anything is called done."""

from kapmonitor.storage.errors import RecordInUseError, StorageError
from kapmonitor.storage.record import Record, SignedRules
from kapmonitor.storage.rows import Restored

__all__ = ["Record", "RecordInUseError", "Restored", "SignedRules", "StorageError"]
