"""A service with twelve sessions that writes all it can and says what it has answered; tests kill it.

`python -m tests.storage.writing URL PACE` makes a writer for each line on its standard input, a number: they
are forked, so that none has to start anew. A writer goes on with the sessions of the record, or begins them.
Each line on standard output is whole if it ends with a point:

- `pid N .` a writer is there, `gone .` it is not any more;
- `kept NAME .` was durable before that was said: an alarm's event, an entry, a page, a line of the audit log;
- `given ROOM/T .` the numbers and waveforms of a second were given to the record, T in microseconds of UTC;
- `late T .` those of a second were not durable when the next ones came: this machine is too slow just now.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Iterator

import msgspec

from kapmonitor.alarms.engine import Engine
from kapmonitor.documents import Value
from kapmonitor.model import Quality, Waveform
from kapmonitor.paging.facts import PageSent
from kapmonitor.session.entries import Note, Oxygen
from kapmonitor.storage import Record, writer
from kapmonitor.storage.instants import to_us
from kapmonitor.storage.lines import entry_row
from tests.storage.patient import RULES, Patient, moment
from tests.test_pages import PAGE

ROOMS = 12
WAVES = ("pleth", "ecg")
WAVE_HZ = 125
BETWEEN_S = 100_000
"""Between two writers, in the sessions' own time."""


def say(*words: object) -> None:
    """One line, in one piece."""
    os.write(1, f"{' '.join(map(str, words))} .\n".encode())


class Ward:
    """Twelve patients, their devices and their staff."""

    def __init__(self, record: Record, number: int, pace: float) -> None:
        self.record = record
        self.patients: list[Patient] = []
        self.second = self.first = number * BETWEEN_S
        self.pace = pace
        self.dice = random.Random()

    async def arrive(self) -> None:
        """Those that were there before, or new ones."""
        there = await self.record.restart.open_sessions(moment(self.first))
        for each in there:
            patient = Patient(None, each.session.room)
            patient.session, patient.engine = each.session, Engine(RULES, each.state)
            patient.record = self.record
            self.patients.append(patient)
        if not there:
            self.patients = [Patient(self.record, f"room-{number}") for number in range(ROOMS)]
        for patient in self.patients:
            patient.seconds = self.first
            patient.transitions.clear()

    async def seconds(self) -> None:
        """Second after second, at the pace that was asked for."""
        while True:
            self.second += 1
            now = moment(self.second)
            for patient in self.patients:
                self._second_of(patient)
            saved = self.record._writer._saved
            for patient in self.patients:
                say("given", f"{patient.session.id}/{to_us(now.utc)}")
            await asyncio.sleep(self.pace)
            if self.record._writer._committed < saved:
                say("late", to_us(now.utc))

    def _second_of(self, patient: Patient) -> None:
        name, now = patient.session.id, moment(self.second)
        for wave in WAVES:
            samples = [float(self.dice.randrange(256)) for _ in range(WAVE_HZ)]
            self.record.wave(name, "oximeter-1", Waveform(wave, samples, WAVE_HZ), now)
        patient.seconds = self.second - 1
        patient.second(self.dice.choice((97, 85, 85, None)))
        number = self.dice.uniform(90, 99)
        value = Value(value=number, raw=number, unit="%", quality=Quality.VALID, device="oximeter-1")
        self.record.vitals(name, dict.fromkeys(("spo2", "heart_rate", "pulse_rate"), value), now)

    async def people(self) -> None:
        """Somebody somewhere does something, again and again, and is answered."""
        while True:
            patient = self.dice.choice(self.patients)
            entries = len(patient.session.entries)
            patient.enter(Note(text="well"), *[Oxygen(flow_l_min=2.0)] * self.dice.randint(0, 3))
            alarms = patient.engine.open_alarms(patient.now.at)
            if alarms:
                patient.acknowledge(self.dice.choice(alarms))
            came, patient.transitions = patient.transitions, []
            page = f"p-{random.SystemRandom().getrandbits(64)}"
            at = patient.now.at
            sent = msgspec.structs.replace(PAGE, page_id=page)
            self.record.paged([PageSent(page=sent, pager="nurse-1", at=at, round_at=at)], patient.now)
            self.record.audit.note("command", page, by="nurse-1")
            if await self.record.durable(30):
                for t in came:
                    say("kept", f"alarm/{t.alarm}/{t.seq}/{t.event}")
                for row in rows_of(patient, entries):
                    say("kept", row)
                say("kept", f"page/{page}")
                say("kept", f"audit/{page}")
            await asyncio.sleep(self.dice.uniform(0, self.pace / 10))


def rows_of(patient: Patient, first: int) -> Iterator[str]:
    for entry in patient.session.entries[first:]:
        row = entry_row(patient.session.id, entry)
        yield f"entry/{row['session']}/{row['seq']}/{row['kind']}"


async def write(address: str, number: int, pace: float) -> None:
    async with Record.open(address) as record:
        ward = Ward(record, number, pace)
        await ward.arrive()
        await asyncio.gather(ward.seconds(), ward.people())


def main() -> None:
    address, pace = sys.argv[1], float(sys.argv[2])
    writer.EVERY_S = min(writer.EVERY_S, pace / 2)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            asyncio.run(write(address, int(line), pace))
        say("pid", child)
        os.waitpid(child, 0)
        os.write(1, b"\n")  # the last line may be torn
        say("gone")


if __name__ == "__main__":
    main()
