"""Slack's user objects for the personas (Slack's page "User object", docs.slack.dev/reference/objects/user-object)."""

import hashlib

from helpdesk.demo import personas


def list_users() -> dict[str, dict]:
    """Every user of the workspace by id, without picture URLs, which `format_user` adds.

    Source: docs.slack.dev/reference/objects/user-object.
    """
    listed = {p.slack: build_user(p) for p in personas.PEOPLE if p.slack}
    listed[personas.BOT_USER_ID] = _build_bot()
    listed["USLACKBOT"] = _build_slackbot()
    return listed


def format_user(user: dict, base: str, with_email: bool = True) -> dict:
    """The user as the Web API shows it, pictures under `base`; without users:read.email there is no email address.

    Source: docs.slack.dev/reference/scopes/users.read.email.
    """
    profile = dict(user["profile"])
    picture = f"{base}/avatars/{user['id']}.svg"
    profile |= {f"image_{size}": picture for size in (24, 32, 48, 72, 192, 512)}
    profile["image_original"] = picture
    if not with_email:
        profile.pop("email", None)
    return {**user, "profile": profile}


def build_enterprise_user(user_id: str, enterprise_id: str, enterprise_name: str, teams: list[str]) -> dict:
    """The field ``enterprise_user`` that members of an Enterprise organization have (Slack's user object; sample:
    java-slack-sdk, json-logs/samples/api/users.info.json).
    """
    return {
        "id": user_id,
        "enterprise_id": enterprise_id,
        "enterprise_name": enterprise_name,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "teams": teams,
    }


def get_team(user: dict) -> str:
    """The workspace or organization that Slack names as the author's in events. A member of an Enterprise organization
    may have no team_id (lookerbot#184); messages then name the organization (slack-morphism-rust#215).
    """
    return user.get("team_id") or user.get("enterprise_user", {}).get("enterprise_id", "")


def format_short_profile(user: dict, base: str) -> dict:
    """The excerpt Slack puts into messages of people from other workspaces.

    Source: sample events/AppMentionPayload.json (user_profile).
    """
    profile = user["profile"]
    return {
        "avatar_hash": profile["avatar_hash"],
        "image_72": f"{base}/avatars/{user['id']}.svg",
        "first_name": profile["first_name"],
        "real_name": profile["real_name"],
        "display_name": profile["display_name"],
        "team": get_team(user),
        "name": user["name"],
        "is_restricted": user["is_restricted"],
        "is_ultra_restricted": user["is_ultra_restricted"],
    }


def build_user(person: personas.Person) -> dict:
    """The user object of ``person``, without picture URLs.

    Source: docs.slack.dev/reference/objects/user-object; sample api/users.info.json.
    """
    is_external = person.standing == "external"
    team = personas.get_company(person.company).team_id if is_external else personas.TEAM_ID
    user = {
        "id": person.slack,
        "team_id": team,
        "name": person.handle,
        "deleted": person.standing == "gone",
        "color": hashlib.sha256(person.name.encode()).hexdigest()[:6],
        "real_name": person.name,
        "tz": person.zone,
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "is_admin": person.role == "admin",
        "is_owner": person.role == "admin",
        "is_primary_owner": person.role == "admin",
        "is_restricted": person.standing in ("guest", "single"),
        "is_ultra_restricted": person.standing == "single",
        "is_bot": False,
        "is_app_user": False,
        "is_email_confirmed": True,
        "updated": 1_700_000_000,
        "profile": _build_profile(person.name, person.handle, person.email, person.title, team),
    }
    if is_external:
        # Slack omits from an external user what only their own workspace may read, and has their name only in the
        # profile (agent-slack#57, acapela/monorepo#1056).
        for hidden in ("real_name", "tz", "tz_label", "tz_offset", "is_admin", "is_owner", "is_primary_owner"):
            user.pop(hidden)
        user["profile"].pop("email")
    return user


def _build_bot() -> dict:
    profile = _build_profile("Helpdesk", personas.BOT_NAME, "", "", personas.TEAM_ID) | {
        "api_app_id": personas.APP_ID,
        "bot_id": personas.BOT_ID,
    }
    profile.pop("email")
    return {
        "id": personas.BOT_USER_ID,
        "team_id": personas.TEAM_ID,
        "name": personas.BOT_NAME,
        "deleted": False,
        "color": "234a6b",
        "real_name": "Helpdesk",
        "tz": "America/Los_Angeles",
        "tz_label": "Pacific Standard Time",
        "tz_offset": -28800,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": True,
        "is_app_user": False,
        "updated": 1_700_000_000,
        "profile": profile,
    }


def _build_slackbot() -> dict:
    # Slackbot has is_bot: false and no bot_id, in Slack too.
    profile = _build_profile("Slackbot", "Slackbot", "", "", personas.TEAM_ID)
    profile.pop("email")
    return {
        "id": "USLACKBOT",
        "team_id": personas.TEAM_ID,
        "name": "slackbot",
        "deleted": False,
        "color": "757575",
        "real_name": "Slackbot",
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "updated": 0,
        "profile": profile,
    }


def _build_profile(name: str, handle: str, email: str, title: str, team: str) -> dict:
    first, _, last = name.partition(" ")
    return {
        "title": title,
        "phone": "",
        "skype": "",
        "real_name": name,
        "real_name_normalized": name,
        "display_name": first,
        "display_name_normalized": first,
        "first_name": first,
        "last_name": last,
        "status_text": "",
        "status_emoji": "",
        "email": email,
        "team": team,
        "avatar_hash": hashlib.sha256(handle.encode()).hexdigest()[:12],
    }
