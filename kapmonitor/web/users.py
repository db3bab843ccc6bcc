"""The people who can log in, kept in the record; a change is for their next request already."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.people import SERVICE, Person, Role, Task, User
from kapmonitor.ports import Entrance
from kapmonitor.web.passwords import Checker


class Users:
    """Everybody, the disabled ones, too: the record goes on naming them."""

    def __init__(self, users: Iterable[User] = (), entrance: Entrance | None = None) -> None:
        """`entrance`: where changes are kept; without one they last as long as the service."""
        self._users = {user.person.id: user for user in users}
        self._entrance = entrance
        self.check = Checker()

    def all(self) -> list[User]:
        """Everybody, by id."""
        return sorted(self._users.values(), key=lambda user: user.person.id)

    def find(self, user: str) -> User | None:
        """Whoever has this id and may log in."""
        found = self._users.get(user)
        return None if found is None or found.disabled else found

    def get(self, user: str) -> User:
        """Whoever has this id.

        Raises:
            UnknownError: nobody has.
        """
        if user not in self._users:
            raise UnknownError(f"There is no user {user}.")
        return self._users[user]

    async def knows_password(self, user: str, password: str) -> bool:
        """Whether this is the password of somebody who may log in."""
        found = self.find(user)
        return await self.check.password(password, "" if found is None else found.password_hash)

    async def knows_pin(self, user: str, pin: str) -> bool:
        """Whether this is the PIN of somebody who may log in."""
        found = self.find(user)
        return await self.check.pin(pin, "" if found is None else found.pin_hash)

    def add(self, user: User) -> None:
        """Somebody new.

        Raises:
            RefusedError: the id is taken, or is kapmonitor's own.
        """
        name = user.person.id
        if name == SERVICE.id:
            raise RefusedError(f"{name} is kapmonitor itself in the record; choose another id.")
        if name in self._users:
            raise RefusedError(f"There is a user {name} already; ids are never given twice.")
        self._keep(user)

    def change(self, name: str, *, role: Role | None = None, disabled: bool | None = None) -> User:
        """Another role, or whether they may log in.

        Raises:
            UnknownError: there is no such user.
            RefusedError: nobody could manage users any more.
        """
        old = self.get(name)
        person = old.person if role is None else Person(name, role)
        new = msgspec.structs.replace(
            old, person=person, disabled=old.disabled if disabled is None else disabled
        )
        if _manages(old) and not _manages(new) and sum(map(_manages, self._users.values())) == 1:
            raise RefusedError(f"{name} is the last administrator; make somebody else one first.")
        self._keep(new)
        return new

    def give_password(self, name: str, password_hash: str, *, keep_pin: bool) -> None:
        """Another password; a PIN that somebody else may have seen goes with the old one.

        Raises:
            UnknownError: there is no such user.
        """
        old = self.get(name)
        pin_hash = old.pin_hash if keep_pin else ""
        self._keep(msgspec.structs.replace(old, password_hash=password_hash, pin_hash=pin_hash))

    def give_pin(self, name: str, pin_hash: str) -> None:
        """Another PIN, or (empty) none.

        Raises:
            UnknownError: there is no such user.
        """
        self._keep(msgspec.structs.replace(self.get(name), pin_hash=pin_hash))

    def _keep(self, user: User) -> None:
        self._users[user.person.id] = user
        if self._entrance is not None:
            self._entrance.keep(user)


def _manages(user: User) -> bool:
    return not user.disabled and user.person.may(Task.ADMINISTER)
