"""Validate API requests by their schemas: known properties of the right type only, one sentence per error."""

from typing import Any, TypeVar

import pydantic
from flask import request
from pydantic import BaseModel

from helpdesk.domain.errors import ValidationError
from helpdesk.web.api.schemas import INVALID_REQUEST, NoParameters, RequestBody

Body = TypeVar("Body", bound=RequestBody)
Parameters = TypeVar("Parameters", bound=NoParameters)
MAX_NAME_LENGTH = 80  # of an unknown property that the response quotes
SENTENCES = {
    "missing": "This is required.",
    "string_type": "This must be a text.",
    "string_unicode": "This text cannot be used.",
    "string_pattern_mismatch": "There is no such value.",
    "literal_error": "There is no such value.",
    "dict_type": "This must be an object.",
    "int_parsing": "This is a whole number.",
    "string_too_long": "This has at most {max_length} characters.",
    "string_too_short": "This has at least {min_length} characters.",
    "greater_than_equal": "This is at least {ge}.",
    "less_than_equal": "This is at most {le}.",
    "value_error": "{error}",
}


def validate_body(schema: type[Body]) -> Body:
    """The JSON object of the request. Raises ValidationError with a sentence for every invalid property."""
    if not request.is_json:
        raise ValidationError("Send a JSON object as application/json.")
    return _validate(schema, request.get_data(cache=True))


def validate_parameters(schema: type[Parameters]) -> Parameters:
    """The query parameters. Raises ValidationError for an unknown, invalid or repeated one."""
    repeated = {
        name[:MAX_NAME_LENGTH]: "Give this once." for name in request.args if len(request.args.getlist(name)) > 1
    }
    if repeated:
        raise ValidationError(INVALID_REQUEST, errors=repeated)
    return _validate(schema, request.args.to_dict())


def _validate(schema: type[BaseModel], data: bytes | dict[str, str]) -> Any:
    try:
        return schema.model_validate_json(data) if isinstance(data, bytes) else schema.model_validate(data)
    except pydantic.ValidationError as error:
        raise _to_validation_error(error) from None


def _to_validation_error(error: pydantic.ValidationError) -> ValidationError:
    errors = {}
    for detail in error.errors(include_url=False, include_input=False):
        if not detail["loc"]:
            return ValidationError(
                "Send a JSON object as application/json." if detail["type"] == "json_invalid" else "Send a JSON object."
            )
        name = str(detail["loc"][0])[:MAX_NAME_LENGTH]
        errors.setdefault(name, _sentence(detail, name))
    return ValidationError(INVALID_REQUEST, errors=errors)


def _sentence(error: Any, name: str) -> str:
    if error["type"] == "extra_forbidden":
        return "There is no such property." if request.is_json else "There is no such parameter."
    if error["type"] == "enum":
        return f"There is no such {name}."
    return SENTENCES.get(error["type"], "This does not fit.").format(**error.get("ctx", {}))
