"""views.*: modals and the Home tab."""

from helpdesk.demo.slack import modals
from helpdesk.demo.slack.api.registry import Arguments, Refused, method


@method("views.open")
def open_view(ws, args: Arguments) -> dict:
    user = ws.interactivity.redeem(_trigger(args))
    return {"view": modals.shown(modals.open_modal(ws, user, _view(args)))}


@method("views.push")
def push(ws, args: Arguments) -> dict:
    user = ws.interactivity.redeem(_trigger(args))
    return {"view": modals.shown(modals.push(ws, user, _view(args)))}


@method("views.update")
def update(ws, args: Arguments) -> dict:
    wanted, external = args.text("view_id", required=False), args.text("external_id", required=False)
    if not wanted and not external:
        raise Refused("invalid_arguments", ["missing required field: view_id"])
    known = [v for v in ws.state.views.values() if v["id"] == wanted or (external and v["external_id"] == external)]
    if not known:
        raise Refused("not_found")
    if (expected := args.text("hash", required=False)) and expected != known[0]["hash"]:
        raise Refused("hash_conflict")
    return {"view": modals.shown(modals.replace(ws, known[0], _view(args)))}


@method("views.publish")
def publish(ws, args: Arguments) -> dict:
    user = args.text("user_id")
    if user not in ws.state.users:
        raise Refused("user_not_found")
    before = ws.state.homes.get(user)
    expected = args.text("hash", required=False)
    if before and expected and expected != before["hash"]:
        raise Refused("hash_conflict")
    return {"view": modals.shown(modals.publish(ws, user, _view(args)))}


def _trigger(args: Arguments) -> str:
    return args.text("trigger_id", required=False) or args.text("interactivity_pointer")


def _view(args: Arguments) -> dict:
    view = args.json("view", "invalid_arguments")
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", ["missing required field: view"])
    return view
