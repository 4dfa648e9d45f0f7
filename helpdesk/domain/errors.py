"""Why a verb did not do what it was asked. The text is one sentence for the person who asked."""


class DomainError(Exception):
    """Base of all. ``message`` is shown; ``field`` names the input it is about, if one."""

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.message = message
        self.field = field


class PermissionDenied(DomainError):
    """This person may not do this."""


class ValidationError(DomainError):
    """What was given cannot be used. ``errors`` maps each field's name to its sentence."""

    def __init__(self, message: str, field: str | None = None, errors: dict[str, str] | None = None):
        super().__init__(message, field)
        self.errors = errors or ({field: message} if field else {})


class ConflictError(DomainError):
    """The thing has changed or ended meanwhile, so this no longer applies."""
