"""A clinic that Schemathesis walks through. It takes a second to be imported: by whoever walks, no other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx2
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from tests.web.test_routes import Site

Operation = APIOperation[Any, Any, Any, Any]
CONFIG: dict[str, Any] = {
    # That an address has no other methods is `test_routes`'s; Starlette's `Allow` knows one handler of two.
    "phases": {"coverage": {"unexpected-methods": []}},
    # 423 and 202 are answers to what is right, too.
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "423", "429"]}
    },
}


class Walk:
    """One clinic, and everything that Schemathesis thinks of sent to it. `who` None: whoever may."""

    def __init__(self, runner: asyncio.Runner, who: str | None = None) -> None:
        self._runner, self._who, self._site = runner, who, Site()
        self._fresh()
        document = self._site.app.openapi()
        config = schemathesis.Config.from_dict(CONFIG)
        self._schema = schemathesis.openapi.from_dict(document, config=config)

    def operations(self) -> Iterator[Operation]:
        for each in self._schema.get_all_operations():
            assert isinstance(each, Ok), each.err()
            yield each.ok()

    def at_the_limits(self, operation: Operation, most: int | None = None) -> None:
        """What is just right by the description, and just wrong: the same cases each time."""
        self._fresh()
        generation = self._schema.config.generation
        for mode in GenerationMode:
            cases = self._schema.iter_coverage_cases(
                operation, generation_modes=[mode], generation_config=generation
            )
            for case in islice(cases, most):
                self._send(case)

    def made_up(self, operation: Operation, number: int, most: int) -> None:
        """Cases by chance, right and wrong."""
        self._fresh()
        for mode in GenerationMode:
            if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
                continue  # nothing can be wrong

            @seed(number)
            @settings(max_examples=most, deadline=None, database=None, phases=[Phase.generate],
                      suppress_health_check=list(HealthCheck))  # fmt: skip
            @given(operation.as_strategy(mode))
            def send(case: Case[Any]) -> None:
                self._send(case)

            send()

    def _fresh(self) -> None:
        """An open session: the one before may be over."""
        self._runner.run(self._site.open())

    def _send(self, case: Case[Any]) -> None:
        if "session" in case.path_parameters and case.meta and case.meta.generation.mode.is_positive:
            case.path_parameters["session"] = self._site.session
        case.validate_response(self._runner.run(self._answer(case)))

    async def _answer(self, case: Case[Any]) -> httpx2.Response:
        what = case.as_transport_kwargs(base_url="http://127.0.0.1")
        what.pop("cookies", None)
        if "json" in what:
            what["json"] = whole(what["json"])
        if "data" in what:
            what["content"] = what.pop("data")  # raw bytes
        who = self._who or ("boss-1" if re.search("/(users|displays|audit)", case.path) else "doctor-1")
        async with self._site.client(self._site.cookies(who)) as client:
            return await client.request(**what)


def whole(value: Any) -> Any:
    """To JSON Schema 49.0 is an integer. No client writes it like that, and we take 49 only."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [whole(each) for each in value]
        case dict():
            return {name: whole(each) for name, each in value.items()}
        case _:
            return value
