"""auth.test, team.info, users.* and bots.info."""

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import users
from helpdesk.demo.slack_workspace.api.registry import Arguments, SlackApiError, paginate, register_method


@register_method("auth.test")
def test_auth(ws, args: Arguments) -> dict:
    """Return whose the token is.

    Source: docs.slack.dev/reference/methods/auth.test; sample api/auth.test.json.
    """
    answer = {
        "url": f"https://{personas.TEAM_DOMAIN}.slack.com/",
        "team": personas.TEAM_NAME,
        "user": personas.BOT_NAME,
        "team_id": personas.TEAM_ID,
        "user_id": personas.BOT_USER_ID,
        "bot_id": personas.BOT_ID,
        "is_enterprise_install": False,
    }
    # In a workspace of an Enterprise organization there is its id as well (docs.slack.dev, auth.test).
    return answer | ({"enterprise_id": ws.state.enterprise_id} if ws.state.enterprise_id else {})


@register_method("api.test")
def test_api(ws, args: Arguments) -> dict:
    """Return the arguments, or the error that they ask for.

    Source: docs.slack.dev/reference/methods/api.test; sample api/api.test.json.
    """
    if error := args.text("error", required=False):
        raise SlackApiError(error)
    return {"args": {key: value for key, value in args.values.items() if key != "token"}}


@register_method("team.info", "team:read")
def get_team_info(ws, args: Arguments) -> dict:
    """Return our workspace, or that of a company with which a channel is shared.

    Source: docs.slack.dev/reference/methods/team.info; sample api/team.info.json.
    """
    wanted = args.text("team", required=False, default=personas.TEAM_ID)
    if wanted == personas.TEAM_ID:
        return {"team": _format_team(ws, wanted, personas.TEAM_NAME, personas.TEAM_DOMAIN, personas.SUPPORT_DOMAIN)}
    for company in personas.COMPANIES:
        if company.team_id and company.team_id == wanted:
            return {"team": _format_team(ws, wanted, company.name, company.key, "")}
    raise SlackApiError("team_not_found")


@register_method("users.info", "users:read")
def get_user_info(ws, args: Arguments) -> dict:
    """Return one member of a workspace.

    Source: docs.slack.dev/reference/methods/users.info; sample api/users.info.json.
    """
    user = ws.state.users.get(args.text("user", required=False))
    if user is None or user["id"] in ws.state.unnamed_users:
        raise SlackApiError("user_not_found")
    return {"user": _format_user(ws, user)}


@register_method("users.list", "users:read")
def list_users(ws, args: Arguments) -> dict:
    """List all members of the workspace.

    Source: docs.slack.dev/reference/methods/users.list; sample api/users.list.json.
    """
    shown, following = paginate(args, list(ws.state.users.values()), 1000, 1000)
    return {
        "members": [_format_user(ws, user) for user in shown],
        "cache_ts": 1_700_000_000,
        "response_metadata": {"next_cursor": following},
    }


@register_method("users.lookupByEmail", "users:read.email")
def find_user_by_email(ws, args: Arguments) -> dict:
    """Return the member with this email address.

    Source: docs.slack.dev/reference/methods/users.lookupByEmail; sample api/users.lookupByEmail.json.
    """
    wanted = args.text("email").casefold()
    for user in ws.state.users.values():
        if user["profile"].get("email", "").casefold() == wanted and not user["deleted"]:
            return {"user": _format_user(ws, user)}
    raise SlackApiError("users_not_found")


@register_method("users.conversations", "channels:read", "groups:read")
def list_user_conversations(ws, args: Arguments) -> dict:
    """List the channels of which a member is part.

    Source: docs.slack.dev/reference/methods/users.conversations; sample api/users.conversations.json.
    """
    who = args.text("user", required=False, default=personas.BOT_USER_ID)
    if who not in ws.state.users:
        raise SlackApiError("user_not_found")
    mine = [c for c in ws.state.channels.values() if who in c.members and not c.direct_with]
    if args.flag("exclude_archived"):
        mine = [c for c in mine if not c.archived]
    shown, following = paginate(args, mine, 100, 999)
    return {"channels": [c.shown() for c in shown], "response_metadata": {"next_cursor": following}}


@register_method("usergroups.list", "usergroups:read")
def list_user_groups(ws, args: Arguments) -> dict:
    """Fields of java-slack-sdk, json-logs/samples/api/usergroups.list.json, without those of no use here.

    Source: docs.slack.dev/reference/methods/usergroups.list; sample api/usergroups.list.json.
    """
    groups = [
        {"id": number, "team_id": personas.TEAM_ID, "is_usergroup": True, "name": name, "handle": handle}
        for number, handle, name in personas.USER_GROUPS
    ]
    return {"usergroups": groups}


@register_method("bots.info", "users:read")
def get_bot_info(ws, args: Arguments) -> dict:
    """Return the app's bot.

    Source: docs.slack.dev/reference/methods/bots.info; sample api/bots.info.json.
    """
    if args.text("bot", required=False, default=personas.BOT_ID) != personas.BOT_ID:
        raise SlackApiError("bot_not_found")
    return {
        "bot": {
            "id": personas.BOT_ID,
            "deleted": False,
            "name": "Helpdesk",
            "updated": 1_700_000_000,
            "app_id": personas.APP_ID,
            "user_id": personas.BOT_USER_ID,
            "icons": {f"image_{s}": f"{ws.base}/avatars/{personas.BOT_USER_ID}.svg" for s in (36, 48, 72)},
        }
    }


def _format_user(ws, user: dict) -> dict:
    shown = users.format_user(user, ws.base, "users:read.email" in ws.scopes)
    if _is_of_another_workspace(ws, user):
        # "If true, this user belongs to a different workspace than the one associated with your app's token, and isn't
        # in any shared channels visible to your app. If false (or this field is not present)" they are of the same
        # workspace or in a shared channel with the app (docs.slack.dev/reference/objects/user-object).
        if not any(_is_shared_with_app(channel, user["id"]) for channel in ws.state.channels.values()):
            shown["is_stranger"] = True
        elif user["id"] not in ws.state.users_without_external_flag:
            shown["is_stranger"] = False
    return shown


def _is_of_another_workspace(ws, user: dict) -> bool:
    ours = {personas.TEAM_ID, ws.state.enterprise_id}
    grid = user.get("enterprise_user", {})
    return not ours & {user.get("team_id", personas.TEAM_ID), grid.get("enterprise_id"), *grid.get("teams", [])}


def _is_shared_with_app(channel, user_id: str) -> bool:
    return bool(channel.shared_with) and {user_id, personas.BOT_USER_ID} <= set(channel.members)


def _format_team(ws, team: str, name: str, domain: str, email_domain: str) -> dict:
    return {
        "id": team,
        "name": name,
        "url": f"https://{domain}.slack.com/",
        "domain": domain,
        "email_domain": email_domain,
        "icon": {"image_default": True, "image_68": f"{ws.base}/avatars/{team}.svg"},
        "avatar_base_url": "",
        "is_verified": False,
    }
