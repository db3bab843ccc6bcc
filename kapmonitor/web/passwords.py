"""Passwords and PINs: what is good enough, and argon2 in a thread, so that the alarms' loop never waits."""

from __future__ import annotations

import asyncio
import secrets

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from kapmonitor.errors import RefusedError

PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - an alphabet without look-alikes
PASSWORD_LENGTH = 10
PIN_LENGTHS = range(4, 9)
CHECKS_AT_ONCE = 1  # argon2 takes 64 MiB and a core: never more than one beside the alarm path
COUNTING = "01234567890 9876543210"

_PASSWORDS = PasswordHash((Argon2Hasher(),))
_PINS = PasswordHash((Argon2Hasher(memory_cost=19_456, time_cost=2, parallelism=1),))
"""OWASP's least, for a change of user within two seconds. Behind a PIN there are always its few tries."""


class Checker:
    """Compares secrets with their hashes, one password and one PIN at a time."""

    def __init__(self) -> None:
        self._passwords = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._pins = asyncio.Semaphore(CHECKS_AT_ONCE)

    async def password(self, password: str, password_hash: str) -> bool:
        """Whether it is this one. An empty one (nobody known) takes as long, so that nobody learns who is."""
        async with self._passwords:
            if not password_hash:
                await asyncio.to_thread(hash_password, password)
                return False
            return await asyncio.to_thread(_PASSWORDS.verify, password, password_hash)

    async def pin(self, pin: str, pin_hash: str) -> bool:
        """Whether it is this one; without a PIN (empty) none is."""
        async with self._pins:
            if not pin_hash:
                await asyncio.to_thread(hash_pin, pin)
                return False
            return await asyncio.to_thread(_PINS.verify, pin, pin_hash)


def hash_password(password: str) -> str:
    """The argon2id hash of a password, salted; takes up to a second: not on the loop of a running service."""
    return _PASSWORDS.hash(password)


def hash_pin(pin: str) -> str:
    """The argon2id hash of a PIN, salted; takes about a tenth of a second."""
    return _PINS.hash(pin)


def new_password() -> str:
    """Sixteen letters and digits in groups of four, 79 bits, easy to read out."""
    letters = [secrets.choice(PASSWORD_LETTERS) for _ in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def must_be_good(password: str, user: str) -> None:
    """Nothing, if it will do as a password.

    Raises:
        RefusedError: it will not, with what would.
    """
    if len(password) < PASSWORD_LENGTH:
        raise RefusedError(f"A password has at least {PASSWORD_LENGTH} characters; take a longer one.")
    if user in password.lower() or len(set(password)) < PASSWORD_LENGTH // 2:
        raise RefusedError("That password is easily guessed. Take three words that have nothing in common.")


def must_be_good_pin(pin: str) -> None:
    """Nothing, if it will do as a PIN.

    Raises:
        RefusedError: it will not, with what would.
    """
    if not (pin.isascii() and pin.isdigit() and len(pin) in PIN_LENGTHS):
        raise RefusedError(f"A PIN has {PIN_LENGTHS[0]} to {PIN_LENGTHS[-1]} digits and nothing else.")
    if len(set(pin)) == 1 or pin in COUNTING:
        raise RefusedError("That PIN is the first that anybody would try; take another.")
