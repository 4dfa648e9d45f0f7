"""Forms that notice that somebody else saved the same thing after the page was loaded.

The page carries a fingerprint of the stored values it shows. Before saving, the values are locked and compared with it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import request

from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError
from helpdesk.translation import lazy_gettext

FIELD_NAME = "loaded"
SENTENCE = lazy_gettext(
    "Somebody else saved this meanwhile. Below is what you entered: load the page again to see theirs, "
    "or save again to replace it."
)


def fingerprint(values: Mapping[str, Any]) -> str:
    """Return the text of the hidden field FIELD_NAME for a form that shows the stored ``values``."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:24]


def begin_change(read_values: Callable[[], Mapping[str, Any]]) -> None:
    """Lock what admins set, and compare what ``read_values`` reads with the fingerprint in the request.

    A request without one is not compared. Raises ConflictError with SENTENCE.
    """
    settings.lock()
    compare(read_values())


def compare(stored: Mapping[str, Any]) -> None:
    """Compare the ``stored`` values of a locked row with the fingerprint in the request. Raises ConflictError."""
    given = request.form.get(FIELD_NAME)
    if given and given != fingerprint(stored):
        raise ConflictError(SENTENCE)
