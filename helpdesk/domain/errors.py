"""The errors of the domain. The message is one sentence for the person who made the request."""


class DomainError(Exception):
    """Base of all domain errors. ``message`` is shown to the person; ``field`` names the wrong input, if any."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.field = field


class PermissionDenied(DomainError):
    """The person does not have the permission."""


class ValidationError(DomainError):
    """The input is not valid. ``errors`` maps the name of each field to its sentence."""

    def __init__(self, message: str, field: str | None = None, errors: dict[str, str] | None = None) -> None:
        super().__init__(message, field)
        self.errors = errors or ({field: message} if field else {})


class ConflictError(DomainError):
    """The request does not fit the current state, which has changed or ended meanwhile."""


class ChangedMeanwhile(ConflictError):
    """What the request was decided by has changed since it was read: repeated, the same request may succeed."""


FieldRule = tuple[str, object, str]  # the name of a field, whether the rule is kept, and the sentence if it is not


def ensure_fields(summary: str, *rules: FieldRule) -> None:
    """Raise ValidationError with ``summary`` if a rule is broken."""
    if broken := list_broken_fields(*rules):
        raise ValidationError(summary, errors=broken)


def list_broken_fields(*rules: FieldRule) -> dict[str, str]:
    """Return the sentence of every field that breaks a rule; of several broken rules of one field the first is said.

    A sentence is best lazy: it is seldom needed.
    """
    broken: dict[str, str] = {}
    for field, is_kept, sentence in rules:
        if not is_kept:
            broken.setdefault(field, str(sentence))
    return broken
