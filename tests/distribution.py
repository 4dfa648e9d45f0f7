"""How the tests are divided between the processes of a complete run; conftest.py gives these hooks to pytest."""

import os

import pytest

JOURNEYS = "tests/journeys/"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the journeys where several processes share the files: they take longest, and mostly wait."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: not item.nodeid.startswith(JOURNEYS))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """Let one process run all journeys, and each other file belong to one: two browsers at once are too much."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def add_node_collection(self, node, collection):
            ids = [f"{JOURNEYS}::{name}" if name.startswith(JOURNEYS) else name for name in collection]
            super().add_node_collection(node, ids)

    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None
