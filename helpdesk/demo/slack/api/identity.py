"""Who is who: auth.test, team.info, users.*, bots.info."""

from helpdesk.demo import cast
from helpdesk.demo.slack import people
from helpdesk.demo.slack.api.registry import Arguments, Refused, method, page


@method("auth.test")
def auth_test(ws, args: Arguments) -> dict:
    return {
        "url": f"https://{cast.TEAM_DOMAIN}.slack.com/",
        "team": cast.TEAM_NAME,
        "user": cast.BOT_NAME,
        "team_id": cast.TEAM_ID,
        "user_id": cast.BOT_USER_ID,
        "bot_id": cast.BOT_ID,
        "is_enterprise_install": False,
    }


@method("api.test")
def api_test(ws, args: Arguments) -> dict:
    if error := args.text("error", required=False):
        raise Refused(error)
    return {"args": {key: value for key, value in args.values.items() if key != "token"}}


@method("team.info", "team:read")
def team_info(ws, args: Arguments) -> dict:
    wanted = args.text("team", required=False, default=cast.TEAM_ID)
    if wanted == cast.TEAM_ID:
        return {"team": _team(ws, wanted, cast.TEAM_NAME, cast.TEAM_DOMAIN, cast.SUPPORT_DOMAIN)}
    for company in cast.COMPANIES:
        if company.team_id and company.team_id == wanted:
            return {"team": _team(ws, wanted, company.name, company.key, "")}
    raise Refused("team_not_found")


@method("users.info", "users:read")
def users_info(ws, args: Arguments) -> dict:
    user = ws.state.users.get(args.text("user", required=False))
    if user is None:
        raise Refused("user_not_found")
    return {"user": _shown(ws, user)}


@method("users.list", "users:read")
def users_list(ws, args: Arguments) -> dict:
    shown, following = page(args, list(ws.state.users.values()), 1000, 1000)
    return {
        "members": [_shown(ws, user) for user in shown],
        "cache_ts": 1_700_000_000,
        "response_metadata": {"next_cursor": following},
    }


@method("users.lookupByEmail", "users:read.email")
def users_lookup_by_email(ws, args: Arguments) -> dict:
    wanted = args.text("email").casefold()
    for user in ws.state.users.values():
        if user["profile"].get("email", "").casefold() == wanted and not user["deleted"]:
            return {"user": _shown(ws, user)}
    raise Refused("users_not_found")


@method("users.conversations", "channels:read", "groups:read")
def users_conversations(ws, args: Arguments) -> dict:
    who = args.text("user", required=False, default=cast.BOT_USER_ID)
    if who not in ws.state.users:
        raise Refused("user_not_found")
    mine = [c for c in ws.state.channels.values() if who in c.members and not c.direct_with]
    if args.flag("exclude_archived"):
        mine = [c for c in mine if not c.archived]
    shown, following = page(args, mine, 100, 999)
    return {"channels": [c.shown() for c in shown], "response_metadata": {"next_cursor": following}}


@method("bots.info", "users:read")
def bots_info(ws, args: Arguments) -> dict:
    if args.text("bot", required=False, default=cast.BOT_ID) != cast.BOT_ID:
        raise Refused("bot_not_found")
    return {
        "bot": {
            "id": cast.BOT_ID,
            "deleted": False,
            "name": "Helpdesk",
            "updated": 1_700_000_000,
            "app_id": cast.APP_ID,
            "user_id": cast.BOT_USER_ID,
            "icons": {f"image_{s}": f"{ws.base}/avatars/{cast.BOT_USER_ID}.svg" for s in (36, 48, 72)},
        }
    }


def _shown(ws, user: dict) -> dict:
    return people.shown(user, ws.base, "users:read.email" in ws.scopes)


def _team(ws, team: str, name: str, domain: str, email_domain: str) -> dict:
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
