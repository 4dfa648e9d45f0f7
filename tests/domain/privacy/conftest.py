"""An admin, who may erase and export."""

import pytest


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")
