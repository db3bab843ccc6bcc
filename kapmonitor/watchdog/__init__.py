"""Watches the service from another process: `watch` judges, `process` listens and publishes.

It knows of the service only what that publishes: its heartbeat, its status and its sessions.
"""

from kapmonitor.watchdog.process import Watchdog

__all__ = ["Watchdog"]
