"""What the checklist and the settings find about Google and Microsoft without signing in."""

import dataclasses

import pytest

from helpdesk.domain.authentication import oidc
from helpdesk.extensions import db


@pytest.mark.parametrize("find", [oidc.google_provider, oidc.microsoft_provider])
def test_a_client_or_secret_that_the_provider_does_not_know_is_named(app, google, microsoft, find):
    provider = find()
    db.session.rollback()
    assert oidc.configuration_error(provider) == ""
    for wrong in ({"client_id": "another"}, {"client_secret": "another-secret"}):
        assert "does not know this client" in oidc.configuration_error(dataclasses.replace(provider, **wrong))
