"""Initech: operations, security and numbers."""

from helpdesk.demo.sample_tickets import SampleMessage, SampleTicket

NADIA, GRANT = "nadia@initech.example", "grant@initech.example"
YUSUF, CLARA = "yusuf@initech.example", "clara@initech.example"
MAYA, TOMAS = "maya@support.northwind.example", "tomas@support.northwind.example"
PRIYA, JONAS = "priya@support.northwind.example", "jonas@support.northwind.example"

SAMPLE_TICKETS = (
    SampleTicket(
        "sso-loop",
        "initech",
        NADIA,
        "Sign-in goes round in circles for half of the team",
        "in_progress",
        "high",
        5.2,
        (
            SampleMessage(
                NADIA,
                5.2,
                "About half of us are sent back to the sign-in page after signing in with Microsoft. It started after "
                "our IT renamed the tenant yesterday evening. Private windows make no difference.",
            ),
            SampleMessage(
                TOMAS,
                4.9,
                "Thank you, Nadia. Does it hit those who were renamed as well, that is, those whose address changed? "
                "One name where it works and one where it does not would be enough.",
                via="slack",
            ),
            SampleMessage(
                NADIA,
                4.6,
                "Works: clara@initech.example. Does not: yusuf@initech.example. Yusuf's address is the same as before, "
                "but he is in the new *Analytics* group.",
            ),
            SampleMessage(
                TOMAS,
                4.4,
                "Analytics has 210 groups nested: the token is over the cookie limit, so the session never sticks. "
                "Ask them to send only assigned groups.",
                "note",
                "slack",
            ),
            SampleMessage(
                TOMAS,
                4.1,
                "Found the difference: for people in Analytics your tenant sends more than 200 group names, which is "
                "too long for a browser to keep. In the app registration, under *Token configuration → groups*, choose "
                "**Groups assigned to the application**. It takes effect at the next sign-in.",
                via="slack",
            ),
        ),
        TOMAS,
        "incident",
        (("service", "Sign-in"), ("since", "Yesterday, about six in the evening"), ("people", "My team")),
        ((5.1, "assigned", TOMAS, TOMAS), (4.9, "status", TOMAS, "in_progress"), (5.0, "priority", TOMAS, "high")),
    ),
    SampleTicket(
        "pentest",
        "initech",
        GRANT,
        "Penetration test on 3 December: announcement and contact",
        "pending",
        "normal",
        30,
        (
            SampleMessage(
                GRANT,
                30,
                "We have a yearly penetration test on **3 December, 9:00 to 17:00**, from `203.0.113.40/29`. "
                "Whom can the "
                "testers call if something falls over?",
            ),
            SampleMessage(
                MAYA,
                28,
                "Noted, and thank you for the early word. The contact on that day is Tomás Herrera; his number "
                "is in the "
                "emergency sheet you received.\n\nTwo things we need from you: the signed scope, and your "
                "agreement that load "
                "tests stay out of it.",
                via="desk",
            ),
            SampleMessage(
                MAYA,
                27.8,
                "Their tester last year ran a load test at noon without telling anybody. Hence the second point.",
                "note",
            ),
        ),
        MAYA,
        changes=((29, "assigned", MAYA, MAYA), (28, "status", MAYA, "pending")),
    ),
    SampleTicket(
        "csv-umlauts",
        "initech",
        YUSUF,
        "Umlauts are broken in the CSV export",
        "solved",
        "low",
        120,
        (
            SampleMessage(
                YUSUF, 120, "Names like *Müller* turn into `MÃ¼ller` when I open the export in a spreadsheet."
            ),
            SampleMessage(
                PRIYA,
                118,
                "The file is UTF-8, and your spreadsheet guesses otherwise. From tonight the export begins with a mark "
                "that tells it. Until then: *Data → From text*, and choose UTF-8.",
                via="slack",
            ),
            SampleMessage(YUSUF, 95, "Today's export opens correctly. Thank you!"),
        ),
        PRIYA,
        changes=((119, "assigned", PRIYA, PRIYA), (94, "status", YUSUF, "solved")),
        rating=5,
    ),
    SampleTicket(
        "meeting-room",
        "initech",
        CLARA,
        "Can the room displays show two calendars?",
        "open",
        "low",
        3.1,
        (
            SampleMessage(
                CLARA,
                3.1,
                "Our big room can be divided. Is it possible that one display shows both halves, or do we need two?",
            ),
        ),
    ),
    SampleTicket(
        "data-export",
        "initech",
        GRANT,
        "Copy of all personal data we hold with you",
        "on_hold",
        "normal",
        150,
        (
            SampleMessage(
                GRANT,
                150,
                "A former employee has asked for all data about her. Please send me what your systems hold under "
                "*l.brandt@initech.example*.",
            ),
            SampleMessage(
                MAYA,
                147,
                "We can do that. As it is personal data, our data protection officer has to countersign, which "
                "takes up "
                "to a week. Your legal term is a month from the request, so we are well within it.",
                via="desk",
            ),
            SampleMessage(MAYA, 146, "Sent to legal. Waiting for the signature, do not send anything before.", "note"),
        ),
        MAYA,
        changes=((148, "assigned", MAYA, MAYA), (146, "status", MAYA, "on_hold")),
    ),
    SampleTicket(
        "slow-dashboard",
        "initech",
        YUSUF,
        "Dashboard takes half a minute in the morning",
        "in_progress",
        "normal",
        20,
        (
            SampleMessage(
                YUSUF, 20, "Between 8 and 9 the dashboard needs 30 seconds and more. Later in the day it takes two."
            ),
            SampleMessage(
                JONAS,
                18,
                "I can see it: every morning at eight about forty of your colleagues open it at once, and each "
                "builds the "
                "same picture from scratch. We will prepare it at 7:45 from tomorrow on. Tell me whether you feel it.",
                via="slack",
            ),
            SampleMessage(YUSUF, 0.9, "This morning: 3 seconds. Let us watch it until Friday.", via="email"),
        ),
        JONAS,
        changes=((19, "assigned", JONAS, JONAS), (18, "status", JONAS, "in_progress")),
    ),
    SampleTicket(
        "lost-phone",
        "initech",
        CLARA,
        "Lost phone with the app on it",
        "closed",
        "urgent",
        520,
        (
            SampleMessage(
                CLARA,
                520,
                "A colleague left her phone in a taxi. She was signed in to the app. Can you lock it?",
                via="email",
            ),
            SampleMessage(
                PRIYA,
                519.8,
                "Done: all her sessions are ended and the app on the phone is locked. She can sign in again on a "
                "new one "
                "right away.",
                via="slack",
            ),
            SampleMessage(CLARA, 519, "That was quick. Thank you."),
            SampleMessage(CLARA, 500, "The taxi driver brought it back, by the way."),
        ),
        PRIYA,
        changes=(
            (519.9, "assigned", PRIYA, PRIYA),
            (519, "status", PRIYA, "solved"),
            (330, "status", PRIYA, "closed"),
        ),
        rating=5,
    ),
    SampleTicket(
        "webhook-cert",
        "initech",
        NADIA,
        "Webhook fails since we renewed the certificate",
        "open",
        "high",
        1.2,
        (
            SampleMessage(
                NADIA,
                1.2,
                "We renewed the certificate of `hooks.initech.example` this morning, and since then your side reports "
                "`certificate verify failed`. Browsers are happy with it.",
            ),
        ),
        form="incident",
        answers=(("service", "API"), ("since", "This morning"), ("people", "Everyone")),
    ),
)
