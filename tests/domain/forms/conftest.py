"""A customer who answers forms and an admin who builds them."""

import pytest


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim")


@pytest.fixture
def admin(make):
    return make.agent("Ada", role="admin")
