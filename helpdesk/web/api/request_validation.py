"""Requests checked against their schemas: only known properties, each of its type, each mistake named in a sentence."""

from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from helpdesk.domain.errors import ValidationError as Invalid_
from helpdesk.web.api.schemas import NoParameters, RequestBody

Body = TypeVar("Body", bound=RequestBody)
Parameters = TypeVar("Parameters", bound=NoParameters)
DOES_NOT_FIT = "The request does not fit the description at /api/openapi.json."
MAX_NAME_LENGTH = 80  # of an unknown property that is repeated in the answer
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
    """The JSON object of the request. Raises Invalid with a sentence for every property that does not fit."""
    if not request.is_json:
        raise Invalid_("Send a JSON object as application/json.")
    return _validate(schema, request.get_data(cache=True))


def validate_parameters(schema: type[Parameters]) -> Parameters:
    """The parameters of the address. Raises Invalid for one that is unknown, does not fit or comes twice."""
    twice = {name[:MAX_NAME_LENGTH]: "Give this once." for name in request.args if len(request.args.getlist(name)) > 1}
    if twice:
        raise Invalid_(DOES_NOT_FIT, errors=twice)
    return _validate(schema, request.args.to_dict())


def _validate(schema: type[BaseModel], given: bytes | dict[str, str]) -> Any:
    try:
        return schema.model_validate_json(given) if isinstance(given, bytes) else schema.model_validate(given)
    except ValidationError as error:
        raise _to_invalid(error) from None


def _to_invalid(error: ValidationError) -> Invalid_:
    errors = {}
    for each in error.errors(include_url=False, include_input=False):
        if not each["loc"]:
            return Invalid_(
                "Send a JSON object as application/json." if each["type"] == "json_invalid" else "Send a JSON object."
            )
        name = str(each["loc"][0])[:MAX_NAME_LENGTH]
        errors.setdefault(name, _sentence(each, name))
    return Invalid_(DOES_NOT_FIT, errors=errors)


def _sentence(error: Any, name: str) -> str:
    if error["type"] == "extra_forbidden":
        return "There is no such property." if request.is_json else "There is no such parameter."
    if error["type"] == "enum":
        return f"There is no such {name}."
    return SENTENCES.get(error["type"], "This does not fit.").format(**error.get("ctx", {}))
