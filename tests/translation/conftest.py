"""The catalogues of tests."""

from tests.catalogues import write_catalogue  # noqa: F401, a fixture
