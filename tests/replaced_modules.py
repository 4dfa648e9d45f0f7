"""Replaces functions of the standard library for one module only.

``monkeypatch.setattr(module.time, "time", …)`` replaces them for the whole process, also for the threads that an
earlier test left behind.
"""

import types
from typing import Any

import pytest


def replace_in(monkeypatch: pytest.MonkeyPatch, module: types.ModuleType, library: str, **replaced: Any) -> None:
    """Give ``module`` a copy of the module that it knows as ``library``, with the names of ``replaced`` replaced."""
    original = getattr(module, library)
    copy = types.ModuleType(original.__name__)
    vars(copy).update(vars(original) | replaced)
    monkeypatch.setattr(module, library, copy)
