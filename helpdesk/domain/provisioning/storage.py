"""Where the SCIM library reads and writes: the rows of one connection, and the people they are."""

import json
import re
import secrets
from typing import Any, cast

from scim2_models import (
    Meta,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)
from scim2_server.memory import InMemoryStorage
from scim2_server.storage import ScimStorage, SearchPage
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain.provisioning import former_people, people
from helpdesk.domain.provisioning.service import PROVIDER
from helpdesk.extensions import db
from helpdesk.models.provisioning import ScimResource
from helpdesk.models.sign_in_connection import SignInConnection

# The look-ups that providers send for each person before they write; others read all of the connection.
EQUALITY = re.compile(r'\s*(userName|displayName|externalId)\s+eq\s+"([^"\\]*)"\s*', re.IGNORECASE)

NAMED_BY = {"username": people.USER, "displayname": people.GROUP}  # the kind whose ``lookup_name`` it is


class ConnectionStorage(ScimStorage):
    """The people and groups of ``connection``."""

    def __init__(self, connection: SignInConnection) -> None:
        self.connection = connection

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """The resource with this id. Raises NotFoundException."""
        return _to_resource(self._find(resource_type, resource_id))

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """One page of the resources that meet the request, and their number."""
        kinds = [str(each.name) for each in resource_types]
        query = select(ScimResource).where(
            ScimResource.connection_id == self.connection.id, ScimResource.kind.in_(kinds)
        )
        found = EQUALITY.fullmatch(str(search_request.filter)) if search_request.filter is not None else None
        if found is not None and found[1].lower() == "externalid":
            query = query.where(ScimResource.external_id == _clean_id(found[2]))
        elif found is not None and kinds == [NAMED_BY[found[1].lower()]]:
            query = query.where(ScimResource.lookup_name == people.normalize_name(found[2]))
        matched = InMemoryStorage()
        matched.resources = [_to_resource(row) for row in db.session.scalars(query.order_by(ScimResource.id))]
        return matched.search(resource_types, search_request, position=position)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Store a new resource, and make the person it is, if the connection may. Raises UniquenessException."""
        row = ScimResource(
            connection_id=self.connection.id, kind=str(resource_type.name), resource_id=secrets.token_hex(16)
        )
        self._write(row, resource)
        db.session.add(row)
        db.session.flush()
        self._apply(row, None)
        return _to_resource(row)

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Replace a resource. Raises NotFoundException, PreconditionFailedException and UniquenessException."""
        row = self._find(resource_type, str(resource.id), expected_version)
        was_active, name, former = people.is_active(row), people.get_group_name(row), people.list_members(row)
        address = people.read_address(row.data)
        self._write(row, resource)
        _mark_changed(row)
        db.session.flush()
        self._apply(row, was_active, name, former, address)
        return _to_resource(row)

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Delete a resource; a person is deactivated. Raises NotFoundException and PreconditionFailedException."""
        row = self._find(resource_type, resource_id, expected_version)
        name, former = people.get_group_name(row), people.list_members(row)
        people.deprovision_person(self.connection, row)
        if row.kind == people.USER:
            self._remove_from_groups(row)
        if row.has_deactivated:
            former_people.keep_former(row)
        else:
            db.session.delete(row)
        db.session.flush()
        people.apply_group(self.connection, frozenset(), former_name=name, former=former)

    def _remove_from_groups(self, row: ScimResource) -> None:
        """Remove a person who is deleted from the groups, whose members would name somebody who is not there."""
        groups = select(ScimResource).where(
            ScimResource.connection_id == self.connection.id, ScimResource.kind == people.GROUP
        )
        for group in db.session.scalars(groups):
            if row.resource_id in people.list_members(group):
                left = [each for each in group.data["members"] if each.get("value") != row.resource_id]
                group.data = group.data | {"members": left}
                _mark_changed(group)

    def _apply(
        self,
        row: ScimResource,
        was_active: bool | None,
        name: str = "",
        former: frozenset[str] = frozenset(),
        address: str | None = None,
    ) -> None:
        """Do what ``row`` now says; ``name`` and ``former`` are a group's name and members before, ``address`` a
        person's.
        """
        if row.kind == people.USER:
            people.apply(self.connection, row, was_active=was_active, former_address=address)
        else:
            people.apply_group(self.connection, people.list_members(row), former_name=name, former=former)

    def _find(self, resource_type: ResourceType, resource_id: str, version: str | None = None) -> ScimResource:
        row = db.session.scalar(
            select(ScimResource).where(
                ScimResource.connection_id == self.connection.id,
                ScimResource.kind == str(resource_type.name),
                ScimResource.resource_id == resource_id[:36].replace("\x00", ""),
            )
        )
        if row is None:
            raise NotFoundException
        if version is not None and version != _version(row):
            raise PreconditionFailedException
        return row

    def _write(self, row: ScimResource, resource: Resource[Any]) -> None:
        data = json.loads(resource.model_dump_json(exclude_none=True, by_alias=True))
        for name in ("id", "meta", "groups", "password"):  # Okta sends one, and nobody signs in with it here
            data.pop(name, None)
        if isinstance(data.get("members"), list):  # who is added again is a member once (RFC 7644, section 3.5.2.1)
            data["members"] = list({each.get("value"): each for each in data["members"]}.values())
        name = people.normalize_name(str(data.get("userName") or data.get("displayName") or ""))
        others = select(ScimResource.id).where(
            ScimResource.connection_id == self.connection.id,
            ScimResource.kind == row.kind,
            ScimResource.lookup_name == name,
            ScimResource.id != (row.id or 0),
        )
        with db.session.no_autoflush:
            if db.session.scalar(others.limit(1)) is not None:
                raise UniquenessException
        row.lookup_name, row.data = name, data
        row.external_id = _clean_id(data["externalId"]) if data.get("externalId") else None


def _to_resource(row: ScimResource) -> Resource[Any]:
    model = PROVIDER.model_for(row.kind)
    assert model is not None
    resource = cast("Resource[Any]", model.model_validate(row.data))
    resource.id = row.resource_id
    resource.meta = Meta(
        resource_type=row.kind, created=row.created_at, last_modified=row.changed_at, version=_version(row)
    )
    return resource


def _mark_changed(row: ScimResource) -> None:
    row.version += 1
    row.changed_at = clock.now()


def _version(row: ScimResource) -> str:
    return f'W/"{row.version}"'


def _clean_id(value: Any) -> str:
    """The provider's own id of a resource as it is stored and looked for."""
    return str(value).replace("\x00", "")[:255]
