"""The order that this browser chose for each view of the queue."""

from collections.abc import Mapping

from flask import Response, request

from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.web import cookies, theme


def apply_remembered_order(filters: dict[str, str]) -> dict[str, str]:
    """Return ``filters`` with the order chosen for their view, where the address names neither an order nor a page."""
    is_asked = "sort" in request.args or filters["saved"] or filters["after"]
    return filters if is_asked else filters | {"sort": get_remembered_order(filters["view"])}


def get_remembered_order(view: str | None) -> str:
    """Return the order chosen for ``view``, or for the first one; "" for the view's own."""
    return _read_orders().get(view or agent_queue.FIRST_VIEW, "")


def remember_order(response: Response, filters: Mapping[str, str]) -> None:
    """Keep the order that the address names, for the next time the view is opened."""
    orders = _read_orders()
    if "sort" not in request.args or filters["saved"] or orders.get(filters["view"], "") == filters["sort"]:
        return
    orders[filters["view"]] = filters["sort"]
    text = "-".join(f"{view}.{sort}" for view, sort in orders.items() if sort)
    cookies.set_cookie(response, _cookie_name(), text or "none", seconds=theme.YEAR_SECONDS)


def _read_orders() -> dict[str, str]:
    """Return the chosen order by view; views and orders that no longer exist are left out."""
    pairs = (part.split(".", 1) for part in request.cookies.get(_cookie_name(), "").split("-") if "." in part)
    return {
        view: sort for view, sort in pairs if view in agent_queue.VIEW_LABELS and sort in agent_queue.SELECTABLE_ORDERS
    }


def _cookie_name() -> str:
    return cookies.get_cookie_name("queue_order")
