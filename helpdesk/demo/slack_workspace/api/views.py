"""views.*: modals and the Home tab."""

from helpdesk.demo.slack_workspace import modals
from helpdesk.demo.slack_workspace.api.registry import Arguments, SlackApiError, register_method


@register_method("views.open")
def open_view(ws, args: Arguments) -> dict:
    """Open a modal for the person whose action gave the trigger.

    Source: docs.slack.dev/reference/methods/views.open; sample api/views.open.json.
    """
    user = ws.interactivity.redeem(_redeem_trigger(args))
    return {"view": modals.format_view(modals.open_modal(ws, user, _parse_view(args)))}


@register_method("views.push")
def push_view(ws, args: Arguments) -> dict:
    """Lay a modal over the one that is open.

    Source: docs.slack.dev/reference/methods/views.push; sample api/views.push.json.
    """
    user = ws.interactivity.redeem(_redeem_trigger(args))
    return {"view": modals.format_view(modals.push_modal(ws, user, _parse_view(args)))}


@register_method("views.update")
def update_view(ws, args: Arguments) -> dict:
    """Replace the content of an open modal.

    Source: docs.slack.dev/reference/methods/views.update; sample api/views.update.json.
    """
    wanted, external = args.text("view_id", required=False), args.text("external_id", required=False)
    if not wanted and not external:
        raise SlackApiError("invalid_arguments", ["missing required field: view_id"])
    known = [v for v in ws.state.views.values() if v["id"] == wanted or (external and v["external_id"] == external)]
    if not known:
        raise SlackApiError("not_found")
    if (expected := args.text("hash", required=False)) and expected != known[0]["hash"]:
        raise SlackApiError("hash_conflict")
    return {"view": modals.format_view(modals.update_modal(ws, known[0], _parse_view(args)))}


@register_method("views.publish")
def publish_view(ws, args: Arguments) -> dict:
    """Replace the Home page of one person.

    Source: docs.slack.dev/reference/methods/views.publish; sample api/views.publish.json.
    """
    user = args.text("user_id")
    if user not in ws.state.users:
        raise SlackApiError("user_not_found")
    before = ws.state.homes.get(user)
    expected = args.text("hash", required=False)
    if before and expected and expected != before["hash"]:
        raise SlackApiError("hash_conflict")
    return {"view": modals.format_view(modals.publish_home(ws, user, _parse_view(args)))}


def _redeem_trigger(args: Arguments) -> str:
    return args.text("trigger_id", required=False) or args.text("interactivity_pointer")


def _parse_view(args: Arguments) -> dict:
    view = args.json("view", "invalid_arguments")
    if not isinstance(view, dict):
        raise SlackApiError("invalid_arguments", ["missing required field: view"])
    return view
