"""The pages: what is shown, what is escaped, and that a person can act from them."""

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

from helpdesk.demo import combined_app, personas, wsgi_server

MAYA, PRIYA, INES = "U0MAYA00001", "U0PRIYA0001", "U0INES00001"


@pytest.fixture
def demo(portal):
    app = combined_app.create_demo_app(portal.url, retry_delays=())
    with wsgi_server.serve_app(app) as running:
        running.workspace = app.extensions["workspace"]
        yield running


def read(address: str) -> str:
    return urllib.request.urlopen(address).read().decode()


def do(demo, files: str = "", **order) -> dict:
    body = urllib.parse.urlencode({"order": json.dumps(order)}).encode()
    request = urllib.request.Request(demo.url + "/slack/page/do", body, {"X-Page": "1"})
    return json.load(urllib.request.urlopen(request))


def test_start_page_lists_every_persona(demo):
    page = read(demo.url + "/")
    for person in personas.AGENTS + personas.REQUESTERS:
        assert person.name in page


def test_a_channel_shows_blocks_and_escapes_what_people_typed(demo):
    demo.workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "<script>alert(1)</script> *bold* <@U0PRIYA0001>")
    page = read(f"{demo.url}/slack/?as={MAYA}&c={personas.TRIAGE_CHANNEL_ID}")
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert "<b>bold</b>" in page and "@Priya Raman" in page


def test_page_shows_only_own_channels_and_ephemerals(demo):
    ws = demo.workspace
    with ws.state.lock:
        ws.add_ephemeral(ws.state.channels[personas.TRIAGE_CHANNEL_ID], MAYA, {"text": "for Maya alone"})
    assert "for Maya alone" in read(f"{demo.url}/slack/?as={MAYA}&c={personas.TRIAGE_CHANNEL_ID}")
    assert "for Maya alone" not in read(f"{demo.url}/slack/?as={PRIYA}&c={personas.TRIAGE_CHANNEL_ID}")
    assert "#umbra-labs" in read(f"{demo.url}/slack/?as={INES}&c={personas.TRIAGE_CHANNEL_ID}")


def test_page_actions_write_mention_react_and_command(demo, portal):
    ts = do(demo, do="say", me=MAYA, channel=personas.TRIAGE_CHANNEL_ID, text="@Priya look at #globex")["result"]
    assert (
        demo.workspace.message(personas.TRIAGE_CHANNEL_ID, ts)["text"] == "<@U0PRIYA0001> look at <#C0GLOBEX001|globex>"
    )
    do(demo, do="react", me=PRIYA, channel=personas.TRIAGE_CHANNEL_ID, ts=ts, name="eyes")
    assert demo.workspace.message(personas.TRIAGE_CHANNEL_ID, ts)["reactions"][0]["users"] == [PRIYA]
    do(demo, do="react", me=PRIYA, channel=personas.TRIAGE_CHANNEL_ID, ts=ts, name="eyes")
    assert "reactions" not in demo.workspace.message(personas.TRIAGE_CHANNEL_ID, ts)
    do(demo, do="command", me=MAYA, channel=personas.TRIAGE_CHANNEL_ID, command="/ticket", text="mine")
    paths = [request.path for request in portal.requests]  # an earlier event may still arrive after it
    assert paths.count("/hooks/slack/commands") == 1


def test_page_actions_need_the_page_header(demo):
    body = urllib.parse.urlencode(
        {"order": json.dumps({"do": "say", "me": MAYA, "channel": personas.TRIAGE_CHANNEL_ID, "text": "x"})}
    )
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(demo.url + "/slack/page/do", body.encode())
    assert demo.workspace.posted(personas.TRIAGE_CHANNEL_ID) == []


def test_files_need_the_page_cookie_or_the_token(demo):
    ts = demo.workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "see", files=[("note.txt", b"contents")])
    address = demo.workspace.message(personas.TRIAGE_CHANNEL_ID, ts)["files"][0]["url_private"]
    assert "contents" not in read(address)
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    browser.open(demo.url + "/slack/")
    assert browser.open(address).read() == b"contents"


def test_permalink_of_a_reply_leads_to_its_thread(demo):
    ts = demo.workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "root")
    reply = demo.workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "reply", thread_ts=ts)
    conversation = demo.workspace.state.channels[personas.TRIAGE_CHANNEL_ID]
    with urllib.request.urlopen(demo.workspace.permalink(conversation, reply)) as page:
        assert f"t={ts}" in page.url
    assert (
        json.loads(read(f"{demo.url}/slack/page/parts?as={MAYA}&c={personas.TRIAGE_CHANNEL_ID}&t={ts}"))[
            "replies"
        ].count("<article")
        == 2
    )


def test_every_page_forbids_foreign_scripts(demo):
    for path in ("/", "/slack/", "/mailbox/"):
        policy = urllib.request.urlopen(demo.url + path).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
