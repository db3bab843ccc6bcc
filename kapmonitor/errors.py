"""What can go wrong, named by what the caller can do about it."""

from __future__ import annotations

from enum import StrEnum


class KapmonitorError(Exception):
    """Base of every error this project raises on purpose; its text is one line for a person.

    `exit_code` is what the command line ends with: 1 failed while running, 2 wrong use or configuration.
    """

    exit_code = 1


class ConfigError(KapmonitorError):
    """The configuration cannot be used. Carries every mistake found, one line each."""

    exit_code = 2

    def __init__(self, mistakes: list[str]) -> None:
        """Keep all `mistakes`, so that they can be mended in one go."""
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Fault(StrEnum):
    """Why bytes mean nothing: the `error` words of `kapmonitor decode`."""

    CHECKSUM = "checksum"
    LENGTH = "length"
    FORMAT = "format"


class DecodeError(KapmonitorError):
    """These bytes carry no reading. The stream goes on with the next frame."""

    def __init__(self, fault: Fault, detail: str) -> None:
        """`detail` says what was expected and what was there, for a developer."""
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail


class LinkError(KapmonitorError):
    """Something between us and a device; the supervisor tries again."""


class DeviceNotFoundError(LinkError):
    """Nothing answers at this address or port."""


class LinkLostError(LinkError):
    """The link was open and is gone."""


class NeedsPairingError(LinkError):
    """The device refuses us until a person pairs it again; trying again does not help."""


class DeviceRefusedError(KapmonitorError):
    """The device answered, and the answer was no (busy, asleep, error code)."""


class RefusedError(KapmonitorError):
    """A command of a person that cannot be carried out; its text says why and what would be right."""


class NotInstalledError(KapmonitorError):
    """An optional part of kapmonitor is not on this machine; its text says how it gets there."""


class UnknownError(RefusedError):
    """A command about something that is not there, as a session that has ended."""


class NotAllowedError(RefusedError):
    """A command of a person whose role may not give it; its text says which role may."""
