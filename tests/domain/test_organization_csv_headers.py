"""The columns of an import of organizations, under the names of this release and of 1.0."""

import pytest

from helpdesk.domain.people import organization_csv_import, organizations


@pytest.mark.parametrize(
    "header",
    ["name,domains,allowlist_only,default_ticket_visibility", "name,domains,specific_users_only,default_sees"],
)
def test_old_and_new_headers_mean_the_same(header, make):
    organization_csv_import.import_csv(f"{header}\nGlobex,globex.example,yes,own\n", actor=None, dry=False)
    globex = organizations.find_by_name("Globex")
    assert (globex.allowlist_only, globex.default_ticket_visibility) == (True, "own")
