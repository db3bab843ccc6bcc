"""What every test may count on: repeatable hypothesis runs, and that no test leaves a task alive."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
from collections.abc import AsyncIterator, Generator

import pytest
from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=10)
settings.register_profile("thorough", deadline=None, max_examples=500)
# `make soak` looks for what is new; `make test` for what is broken, in the same examples every time.
settings.load_profile("thorough" if "MINUTES" in os.environ else "repeatable")


@pytest.fixture
async def no_leftover_tasks() -> AsyncIterator[None]:
    """Fail a test that returns while a task it started is still running."""
    before = asyncio.all_tasks()
    yield
    started = asyncio.all_tasks() - before - {asyncio.current_task()}
    left = [task.get_name() for task in started if not task.done()]
    assert not left, f"still running: {left}"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What was collected stays to the end: nobody need look through it for garbage again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.fixturenames.insert(0, "no_leftover_tasks")
