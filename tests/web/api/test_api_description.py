"""The API is exactly what its description says, which people can read."""

import pytest
import schemathesis
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from helpdesk.web.api import openapi

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_people_read_the_reference(browser_of):
    page = BeautifulSoup(browser_of().get("/api/docs").data, "html.parser")
    described = openapi.describe("http://localhost")
    wanted = {
        operation["operationId"]
        for item in described["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    }
    assert wanted <= {heading["id"] for heading in page.find_all("h2", id=True)}
    links = {link["href"] for link in page.select("main a[href^='#schema-']")}
    assert links and all(page.find(id=link[1:]) for link in links)


def test_the_api_is_what_its_description_says(app, program, ann, make, session):
    """Generated requests, good and bad, against every operation; answers must fit the description."""
    make.ticket(ann)
    make.form("default")
    asker = program()
    app.test_client_class = type(asker.client)
    schema = schemathesis.openapi.from_dict(openapi.describe("http://localhost"))
    schema.app = app

    tried = set()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def ask(case):
            tried.add(case.operation.label)
            # A made-up address is no customer's, so a request may fit the description and still be refused.
            case.call_and_validate(headers=asker.headers, excluded_checks=[positive_data_acceptance])

        ask()
    assert len(tried) == 20
