"""A service that writes as fast as it can and says what it has answered; tests kill it.

`python -m tests.storage.writing URL`: goes on with the session of the record, or begins one. Each line on
standard output was durable before it was printed: the alarm, seq and event of a transition, or the
session, seq and kind of an entry.
"""

from __future__ import annotations

import asyncio
import random
import sys

from kapmonitor.alarms.engine import Engine
from kapmonitor.session.entries import Note, Oxygen
from kapmonitor.storage import Record
from kapmonitor.storage.lines import entry_row
from tests.storage.patient import RULES, Patient


async def write(address: str) -> None:
    async with Record.open(address) as record:
        there = await record.open_sessions(Patient().now)
        patient = Patient(None if there else record)
        patient.record = record
        for each in there:
            patient.session, patient.engine = each.session, Engine(RULES, each.state)
        dice = random.Random()
        while True:
            first, before = len(patient.transitions), len(patient.session.entries)
            for number in range(dice.randint(0, 5)):
                patient.enter(Note(text=f"{number} of some"), Oxygen(flow_l_min=float(number)))
            patient.seconds_of(dice.choice((97, 85, None)), dice.randint(1, 40))
            alarms = patient.engine.open_alarms(patient.now.at)
            if alarms and dice.random() < 0.3:
                patient.acknowledge(dice.choice(alarms))
            if await record.durable(30):
                for t in patient.transitions[first:]:
                    sys.stdout.write(f"{t.alarm} {t.seq} {t.event}\n")
                for entry in patient.session.entries[before:]:
                    row = entry_row(patient.session.id, entry)
                    sys.stdout.write(f"{row['session']} {row['seq']} {row['kind']}\n")
                sys.stdout.flush()
            await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1]))
