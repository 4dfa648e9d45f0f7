"""The calls of a ticket's life against a Slack that somebody else wrote: npm's emulate, which .ci/run installs.

SLACK_EMULATOR_DIR names the folder with its node_modules. Without it these tests are skipped, and .ci/run says so.
"""

import os
import shutil
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from helpdesk.channels import slack
from helpdesk.channels.slack.api import client, directory, file_downloads
from helpdesk.channels.slack.api.requests import FileRemoval, FileUpload, UploadedFile, web_api_request
from helpdesk.channels.slack.parse import payload_parser
from helpdesk.channels.slack.render import blocks
from helpdesk.domain.outbox import errors
from helpdesk.domain.outbox.channel import OutboundRequest
from tests import timeouts

EMULATOR = Path(os.environ.get("SLACK_EMULATOR_DIR", "/nonexistent")) / "node_modules/emulate/dist/index.js"
SEED = """
slack:
  team: {name: Northwind, domain: northwind}
  users: [{name: dana, real_name: Dana Whitfield, email: dana@globex.example}]
  channels: [{name: triage}]
  tokens:
    - {token: xoxb-helpdesk, user: admin, scopes: ["chat:write"]}
    - {token: xoxp-dana, user: dana, scopes: ["chat:write"]}
"""
CARD = blocks.CardValues(24, "The printer burns", "Globex", "Dana", "open", "Open", "low", "https://p.example/24")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """The address of the emulator's Web API."""
    node = shutil.which("node")
    if node is None or not EMULATOR.is_file():
        pytest.skip("the independent Slack emulator is not installed (SLACK_EMULATOR_DIR)")
    folder = tmp_path_factory.mktemp("emulator")
    (folder / "seed.yaml").write_text(SEED)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [node, str(EMULATOR), "start", "--service", "slack", "--port", str(port), "--seed", "seed.yaml"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + timeouts.LIMIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, "the emulator did not start"
                time.sleep(0.1)
        yield f"http://localhost:{port}/api/"  # the name it uses in its own addresses
    finally:
        process.terminate()
        process.wait(timeouts.LIMIT)


@pytest.fixture
def bot(emulator):
    directory.clear_cache()
    return client.Client("xoxb-helpdesk", emulator, timeout=timeouts.LIMIT)


@pytest.fixture
def channel(bot):
    return next(each.id for each in directory.list_channels(bot) if each.name == "triage")


def post(arguments, key):
    return web_api_request("chat.postMessage", arguments, key)


def card(bot, channel, key):
    text, made, attachments = blocks.card_message(CARD)
    content = {"channel": channel, "text": text, "blocks": made, "attachments": attachments}
    return slack.send(post(content, key), bot).external_id


def test_a_card_its_thread_its_update_and_its_reactions(bot, channel):
    root = card(bot, channel, "k-card")
    reply = blocks.reply_message(blocks.ReplyValues("Maya", "We are *on it*.", trusted=True))
    request = post({"channel": channel, "thread_ts": root, **reply}, "k-reply")
    sent = slack.send(request, bot)
    again = OutboundRequest(request.key, request.content, datetime.now(UTC) - timedelta(minutes=1))
    assert slack.find(again, bot).external_id == sent.external_id
    place = {"channel": channel, "ts": sent.external_id}
    slack.send(web_api_request("chat.update", place | {"text": "We are there."}, "k-edit"), bot)
    mark = {"channel": channel, "timestamp": sent.external_id, "name": "lock"}
    for method in ("reactions.add", "reactions.add", "reactions.remove"):
        slack.send(web_api_request(method, mark, "k-mark"), bot)
    replies = list(bot.pages("conversations.replies", "messages", channel=channel, ts=root, include_all_metadata=True))
    assert [message["text"] for message in replies][1:] == ["We are there."]
    slack.send(web_api_request("chat.delete", place, "k-delete"), bot)
    assert len(list(bot.pages("conversations.replies", "messages", channel=channel, ts=root))) == 1


def test_a_customers_answer_is_read_as_the_event_would_be(bot, channel, emulator):
    root = card(bot, channel, "k-read")
    dana = client.Client("xoxp-dana", emulator, timeout=timeouts.LIMIT)
    dana.call("conversations.join", channel=channel)
    dana.call("chat.postMessage", channel=channel, thread_ts=root, text="Still *burning*")
    [_, answer] = bot.pages("conversations.replies", "messages", channel=channel, ts=root)
    event = payload_parser.message_to_event(channel, answer, directory.get_bot_identity(bot), lambda _: None)
    assert (event.kind, event.body, event.thread_id) == ("message", "Still **burning**", root)
    profile = directory.get_profile(event.author_id, bot)
    assert (profile.name, profile.email) == ("Dana Whitfield", "dana@globex.example")
    assert directory.is_own(profile, directory.get_bot_identity(bot), event)


def test_a_file_goes_up_comes_down_and_is_withdrawn(bot, channel):
    root = card(bot, channel, "k-files")
    upload = FileUpload(
        channel=channel, thread_ts=root, files=(UploadedFile(1, "log.txt", lambda: b"hello"),), author="Maya"
    )
    sent = slack.send(OutboundRequest("k-file", upload), bot)
    assert file_downloads.download_file(sent.external_id, bot).data == b"hello"
    removal = FileRemoval(sent.external_id, channel, str(sent.extra.get("ts") or ""), "k-file", root)
    slack.send(OutboundRequest("k-gone", removal), bot)
    with pytest.raises(errors.PermanentError):
        file_downloads.download_file(sent.external_id, bot)


def test_an_error_is_understood(bot):
    with pytest.raises(errors.ChannelBlockedError):
        slack.send(post({"channel": "C0NOWHERE00", "text": "x"}, "k-nowhere"), bot)
    with pytest.raises(errors.ChannelBlockedError, match="token"):
        client.Client("", bot.base_url).call("auth.test")


def test_the_home_page_is_published(bot):
    user = next(each["id"] for each in bot.pages("users.list", "members") if each["name"] == "admin")
    view = blocks.home_view(blocks.HomeValues("Maya", "https://p.example/desk"))
    slack.send(web_api_request("views.publish", {"user_id": user, "view": view}, ""), bot)
