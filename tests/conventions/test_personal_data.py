"""Every column that can hold text says what it may hold of a person, and what erasing does to it."""

import pytest
from sqlalchemy import JSON, LargeBinary, String

from helpdesk.domain.privacy import erase_content, erase_deliveries, erase_known_outside, erasure, former_identity
from helpdesk.extensions import Base
from helpdesk.models.personal_data import Erased, ErasedBy, Kept, RowDeleted

ERASING_MODULES = (erase_content, erase_deliveries, erase_known_outside, erasure, former_identity)
MODELS = sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda model: model.__tablename__)


def text_columns(model) -> set[str]:
    return {column.name for column in model.__table__.columns if isinstance(column.type, String | JSON | LargeBinary)}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__tablename__)
def test_every_text_column_is_declared(model):
    declared = getattr(model, "personal_data", {})
    if isinstance(declared, RowDeleted):
        assert declared.person in model.__table__.columns
        return
    assert set(declared) == text_columns(model), "Declare personal_data of the table: helpdesk/models/personal_data.py"
    for name, column in declared.items():
        if isinstance(column, Erased):
            assert column.person in model.__table__.columns, name
            assert column.value is not None or model.__table__.columns[name].nullable, name
        elif isinstance(column, ErasedBy):
            assert any(callable(getattr(module, column.function, None)) for module in ERASING_MODULES), name
        else:
            assert isinstance(column, Kept) and column.reason.endswith("."), name
