"""The API does what its description says: no answer that is not in it, whatever is sent."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tests.soak.budget import rounds, soak_s
from tests.web.test_routes import Site

SCALARS: tuple[Any, ...] = (
    "",
    "a1",
    "room-1",
    "nurse-1",
    "Ä" * 50,
    "x" * 300,
    "\u0000",
    0,
    -1,
    1e300,
    7,
    None,
    True,
    [],
    {},
)
IDS = ("room-1", "room-9", "guest-1", "nobody", "s-1", "A B", "%2e%2e", "x" * 200)
EXAMPLES = 4


class Made:
    """Requests by chance, from the description: often right, often nearly, sometimes nonsense."""

    def __init__(self, document: dict[str, Any], seed: int) -> None:
        self.document = document
        self.dice = random.Random(seed)

    def path(self, path: str, session: str) -> str:
        def one(part: str) -> str:
            if not part.startswith("{"):
                return part
            return session if part == "{session}" and self.dice.random() < 0.7 else self.dice.choice(IDS)

        return "/".join(one(part) for part in path.split("/"))

    def query(self, operation: dict[str, Any]) -> dict[str, str]:
        wanted = [each for each in operation.get("parameters", []) if each["in"] == "query"]
        return {
            each["name"]: str(self.value(each["schema"]))
            for each in wanted
            if each.get("required") or self.dice.random() < 0.6
        }

    def body(self, operation: dict[str, Any]) -> Any:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content or self.dice.random() < 0.1:
            return None
        return self.value(content["application/json"]["schema"])

    def value(self, schema: dict[str, Any]) -> Any:
        """Something that fits the schema in nine of ten places."""
        if self.dice.random() < 0.1:
            return self.dice.choice(SCALARS)
        if "$ref" in schema:
            return self.value(self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self.value(self.dice.choice(schema[word]))
        if "enum" in schema:
            return self.dice.choice(schema["enum"])
        return self._typed(schema)

    def _typed(self, schema: dict[str, Any]) -> Any:
        match schema.get("type"):
            case "object":
                needed = schema.get("required", [])
                known = schema.get("properties", {}).items()
                return {
                    name: self.value(each)
                    for name, each in known
                    if name in needed or self.dice.random() < 0.4
                }
            case "array":
                return [self.value(schema.get("items", {})) for _ in range(self.dice.randint(0, 2))]
            case "integer" | "number":
                return self.dice.randint(int(schema.get("minimum", 0)), int(schema.get("maximum", 200)))
            case "boolean":
                return self.dice.random() < 0.5
            case "string":
                return self.dice.choice(["room-1", "nurse-1", "a", "2580", "2026-11-22T09:00:00Z"])
            case _:
                return self.dice.choice(SCALARS)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in sorted(document["paths"].items()):
        for method, operation in sorted(methods.items()):
            yield method.upper(), path, operation


async def try_all(seed: int, who: str, examples: int) -> None:
    """Every operation so many times, as one person of a clinic of its own."""
    site = Site()
    await site.open()
    document = site.app.openapi()
    made = Made(document, seed)
    for method, path, operation in operations(document):
        for _ in range(examples):
            address, query, body = made.path(path, site.session), made.query(operation), made.body(operation)
            async with site.client(site.cookies(who)) as client:
                answer = await client.request(method, address, params=query, json=body)
            asked = f"seed {seed}, {who}: {method} {address} {query} {body}"
            told = f"{asked}: {answer.status_code} {answer.text[:300]}"
            assert answer.status_code < 500, told
            if "%2e" in address or " " in address:
                continue  # another address, or none
            described = operation["responses"].get(str(answer.status_code))
            assert described is not None, f"not in the description: {told}"
            schema = described.get("content", {}).get("application/json", {}).get("schema")
            if schema and answer.status_code != 422:
                jsonschema.validate(answer.json(), schema | {"components": document["components"]})


@pytest.mark.parametrize("who", ["boss-1"])
async def test_no_answer_that_is_not_described(who: str) -> None:
    await try_all(1, who, EXAMPLES)


@pytest.mark.soak
@pytest.mark.parametrize("who", ["doctor-1", "boss-1", "guide-1", "guest-1", "room", "locked"])
async def test_no_answer_that_is_not_described_for_long(who: str) -> None:
    for seed in rounds(soak_s(0.05), 1000):
        await try_all(seed, who, 10)
