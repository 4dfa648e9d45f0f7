"""Why a replica is not read from, in the language of whoever reads it."""

from helpdesk.database.replication import ReplicaProblem
from helpdesk.translation import lazy_gettext

LABELS = {
    ReplicaProblem.foreign: lazy_gettext("it belongs to another database cluster"),
    ReplicaProblem.disconnected: lazy_gettext("it receives nothing from a primary"),
    ReplicaProblem.promoted: lazy_gettext("it is no replica, and another server is the primary"),
    ReplicaProblem.ahead: lazy_gettext("it is ahead of the primary: it followed another one"),
    ReplicaProblem.not_following: lazy_gettext("it does not follow the new primary yet"),
    ReplicaProblem.behind: lazy_gettext("it is too far behind"),
    ReplicaProblem.unknown_lag: lazy_gettext("how far it is behind is not known yet"),
}


def describe_problem(problem: str) -> str:
    """Return the label of a ``ReplicaProblem``; an error of the driver stays as it is."""
    return str(LABELS[ReplicaProblem(problem)]) if problem in list(ReplicaProblem) else problem
