"""What people do reaches the portal signed, in order, again when it failed, and as Slack words it."""

from slack_sdk.signature import SignatureVerifier

from helpdesk.demo import personas, slack_workspace

MAYA, PRIYA, INES = "U0MAYA00001", "U0PRIYA0001", "U0INES00001"


def test_event_signature_passes_slack_sdk_verifier(workspace, portal):
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "Grüße & <b>")
    assert workspace.settle(60)
    request = portal.requests[0]
    assert request.path == "/hooks/slack/events"
    assert SignatureVerifier(personas.SIGNING_SECRET).is_valid_request(request.body, request.headers)
    assert not SignatureVerifier("another").is_valid_request(request.body, request.headers)
    body = request.json
    assert (body["type"], body["team_id"], body["api_app_id"]) == (
        "event_callback",
        personas.TEAM_ID,
        personas.APP_ID,
    )
    event = body["event"]
    assert event["text"] == "Grüße &amp; &lt;b&gt;"
    assert (event["user"], event["channel"], event["channel_type"]) == (MAYA, personas.TRIAGE_CHANNEL_ID, "channel")


def test_each_user_action_sends_its_event(workspace, portal, client):
    ts = workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "first")
    workspace.edit(MAYA, personas.TRIAGE_CHANNEL_ID, ts, "second")
    workspace.react(PRIYA, personas.TRIAGE_CHANNEL_ID, ts, "eyes")
    workspace.unreact(PRIYA, personas.TRIAGE_CHANNEL_ID, ts, "eyes")
    workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "in thread", thread_ts=ts, broadcast=True)
    workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "with file", files=[("a.txt", b"x")])
    workspace.delete(MAYA, personas.TRIAGE_CHANNEL_ID, ts)
    workspace.home(MAYA)
    workspace.archive(personas.TRIAGE_CHANNEL_ID)
    assert workspace.settle(60)
    kinds = [event.get("subtype") or event["type"] for event in portal.events()]
    expected = [
        "message",
        "message_changed",
        "reaction_added",
        "reaction_removed",
        "thread_broadcast",
        "file_share",
        "message_changed",
        "channel_archive",
    ]
    assert [kind for kind in kinds if kind != "app_home_opened"] == expected
    assert "app_home_opened" in kinds
    changed = portal.events("message_changed")
    assert changed[0]["message"]["text"] == "second" and changed[0]["previous_message"]["text"] == "first"
    assert changed[1]["message"]["subtype"] == "tombstone"
    assert portal.events("thread_broadcast")[0]["root"]["ts"] == ts


def test_the_apps_own_messages_are_sent_as_events(workspace, portal, client):
    client.chat_postMessage(
        channel=personas.TRIAGE_CHANNEL_ID, text="mine", metadata={"event_type": "t", "event_payload": {}}
    )
    assert workspace.settle(60)
    assert portal.events("message")[0]["bot_id"] == personas.BOT_ID


def test_no_event_from_a_channel_without_the_app(workspace, portal):
    workspace.say(MAYA, "C0GENERAL01", "private matters")
    assert workspace.settle(60) and portal.requests == []


def test_external_users_are_marked_in_events(workspace, portal):
    workspace.say(INES, "C0UMBRALABS", "hello")
    assert workspace.settle(60)
    assert portal.requests[0].json["is_ext_shared_channel"] is True
    assert portal.events()[0]["user_team"] == "T0UMBRALABS"


def test_failed_event_is_retried_with_number_and_reason(workspace, portal):
    portal.answers += [(500, b"", "text/plain"), (503, b"", "text/plain")]
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "again")
    assert workspace.settle(60)
    assert len({request.json["event_id"] for request in portal.requests}) == 1
    assert [request.headers.get("X-Slack-Retry-Num") for request in portal.requests] == [None, "1", "2"]
    assert portal.requests[1].headers["X-Slack-Retry-Reason"] == "http_error"
    assert [attempt.status for attempt in workspace.events.log] == [500, 503, 200]


def test_event_is_given_up_after_three_retries(workspace, portal):
    portal.answers += [(500, b"", "text/plain")] * 9
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "never")
    assert workspace.settle(60) and len(portal.requests) == 4 and workspace.events.failed == 1


def test_unreachable_portal_is_a_failed_connection():
    away = slack_workspace.Workspace(events_url="http://127.0.0.1:9/", retry_delays=())
    away.say(MAYA, personas.TRIAGE_CHANNEL_ID, "hello")
    assert away.settle(60) and away.events.log[0].reason == "connection_failed"


def test_an_event_goes_to_the_address_of_its_time_also_when_it_is_changed(workspace, portal):
    portal.answers += [(500, b"", "text/plain")]
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "before")
    workspace.events.url = None
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "meanwhile")
    assert workspace.settle(60)
    assert [event["text"] for event in portal.events()] == ["before", "before"]
    assert workspace.events.waiting == 0


def test_events_can_be_duplicated_lost_and_reordered(workspace, portal):
    workspace.event_faults(doubled=1)
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "twice")
    assert workspace.settle(60)
    assert [request.json["event_id"] for request in portal.requests] == [portal.requests[0].json["event_id"]] * 2
    portal.requests.clear()
    workspace.event_faults(lost=1)
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "lost")
    workspace.event_faults(reordered=1, hold=0.2)
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "early")
    workspace.behave()
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "late")
    assert workspace.settle(60)
    assert [event["text"] for event in portal.events()] == ["late", "early"]
