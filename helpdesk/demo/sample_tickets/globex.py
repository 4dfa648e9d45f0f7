"""Globex: a wholesaler with warehouses, a finance team and one developer."""

from helpdesk.demo.sample_tickets import SampleMessage, SampleTicket

DANA, OSCAR = "dana@globex.example", "oscar@globex.example"
BEATRICE, LEO = "beatrice@globex.example", "leo@globex.example"
MAYA, TOMAS = "maya@support.northwind.example", "tomas@support.northwind.example"
PRIYA, JONAS = "priya@support.northwind.example", "jonas@support.northwind.example"

SAMPLE_TICKETS = (
    SampleTicket(
        "scanners-offline",
        "globex",
        OSCAR,
        "Handheld scanners in Hall 3 stopped syncing",
        "in_progress",
        "urgent",
        2.4,
        (
            SampleMessage(
                OSCAR,
                2.4,
                "Since about eight this morning **none of the 14 scanners in Hall 3** sync any more. They scan, "
                "but nothing arrives in the stock list. Halls 1 and 2 are fine.\n\nThe screen says `E-4107 queue "
                "full`. "
                "We are picking on paper right now.",
            ),
            SampleMessage(
                PRIYA,
                2.2,
                "Thank you, Oscar. I see the queue of Hall 3 standing at 5,000 entries since 07:52. I am on it "
                "and will write every half hour until it moves.",
                via="slack",
            ),
            SampleMessage(
                PRIYA,
                2.1,
                "The gateway `hall3-gw` lost its clock after last night's power cut: its messages are rejected "
                "as being from 2021.",
                "note",
                "slack",
            ),
            SampleMessage(
                TOMAS,
                2.0,
                "Same thing we saw at Initech in spring. Setting the time by hand lets the queue drain; no "
                "restart, or it drops what is waiting.",
                "note",
                "slack",
            ),
            SampleMessage(
                PRIYA,
                1.6,
                "Found it: the gateway in Hall 3 woke up with a wrong clock after the power cut. Could somebody on "
                "site tell me whether the small green light on the grey box next to the loading bay is on?\n\n"
                "**Leave it switched on in any case**, it holds this morning's scans.",
                via="slack",
            ),
            SampleMessage(OSCAR, 1.3, "Green light is on. Nobody touches it."),
            SampleMessage(
                PRIYA,
                0.6,
                "Good. The clock is right again and the queue is draining: 5,000 → 2,140. I expect it to be empty "
                "in twenty minutes.",
                via="slack",
            ),
        ),
        PRIYA,
        "incident",
        (("service", "Sync"), ("since", "Today, shortly before eight"), ("people", "My team")),
        ((2.3, "assigned", PRIYA, PRIYA), (2.2, "status", PRIYA, "in_progress"), (2.0, "priority", TOMAS, "urgent")),
    ),
    SampleTicket(
        "invoice-vat",
        "globex",
        BEATRICE,
        "October invoice shows the wrong VAT number",
        "pending",
        "normal",
        27,
        (
            SampleMessage(
                BEATRICE,
                27,
                "Invoice **2026-1093** carries our old VAT number. Our auditors will not accept it. Could you send "
                "a corrected one?\n\nThe right number is on our letterhead; it changed on 1 September.",
            ),
            SampleMessage(
                JONAS,
                25,
                "Hello Beatrice, gladly. The billing address was updated in September, but the VAT number was not. "
                "Would you confirm that **GX 4471 902 B** is the new one? Then the corrected invoice is with you "
                "the same day.",
                via="desk",
            ),
            SampleMessage(
                JONAS,
                24.9,
                "Billing says the other open invoice (1107) has the same mistake. Correct both together.",
                "note",
            ),
        ),
        JONAS,
        changes=((26, "assigned", MAYA, JONAS), (25, "status", JONAS, "pending")),
    ),
    SampleTicket(
        "api-429",
        "globex",
        LEO,
        "429 from the stock API although we are below the limit",
        "on_hold",
        "high",
        52,
        (
            SampleMessage(
                LEO,
                52,
                "We call `GET /v2/stock` about 40 times a minute and get `429 Too Many Requests` for roughly "
                "every tenth "
                "call. The documentation says 120 per minute.\n\n```\nHTTP/1.1 429 Too Many Requests\nRetry-After: 3\n"
                "X-RateLimit-Remaining: 81\n```\n\nNote the *remaining 81*.",
            ),
            SampleMessage(
                JONAS,
                50,
                "Thank you for the headers, that helps a lot. A remaining count of 81 next to a 429 is clearly "
                "wrong on "
                "our side. I have handed it to the API team with your example.",
                via="slack",
            ),
            SampleMessage(
                JONAS,
                49.5,
                "API team: two counters, the edge counts per address and not per key. Globex shares its address with "
                "the scanners. Fix planned for Thursday.",
                "note",
                "slack",
            ),
            SampleMessage(LEO, 30, "Any date yet? We can live with retries until then."),
            SampleMessage(
                JONAS,
                29,
                "Thursday, if the tests hold. Until then retries with the `Retry-After` value are the right thing.",
                via="slack",
            ),
        ),
        JONAS,
        changes=((51, "assigned", JONAS, JONAS), (49, "status", JONAS, "on_hold")),
    ),
    SampleTicket(
        "new-colleague",
        "globex",
        DANA,
        "Access for a new colleague from Monday",
        "solved",
        "normal",
        74,
        (
            SampleMessage(
                DANA,
                74,
                "Mira Santos joins our warehouse planning on Monday. She needs the planning view and the weekly "
                "report.",
            ),
            SampleMessage(
                PRIYA,
                72,
                "Done: Mira has an account for *planning* and *reports (read)*. The invitation goes out on Monday at "
                "seven, so that it is the first thing in her inbox.",
                via="desk",
            ),
            SampleMessage(DANA, 71, "Perfect, thank you."),
        ),
        PRIYA,
        "access",
        (("who", "Mira Santos, mira@globex.example"), ("what", "Planning, weekly report"), ("start", "2026-11-23")),
        ((73, "assigned", PRIYA, PRIYA), (70, "status", DANA, "solved")),
        rating=5,
    ),
    SampleTicket(
        "report-empty",
        "globex",
        BEATRICE,
        "Monthly cost report comes out empty",
        "open",
        "high",
        0.7,
        (
            SampleMessage(
                BEATRICE,
                0.7,
                "The cost report for last month has its headings but not a single line. I need it for the board "
                "**tomorrow at ten**. Last month's worked.",
            ),
        ),
    ),
    SampleTicket(
        "label-printer",
        "globex",
        OSCAR,
        "Labels print half a centimetre too low",
        "closed",
        "low",
        410,
        (
            SampleMessage(
                OSCAR,
                410,
                "Since we changed to the thinner rolls every label is printed about 5 mm too low, and the barcode is "
                "cut off at the bottom.",
            ),
            SampleMessage(
                JONAS,
                405,
                "That is the gap sensor. Hold *Feed* for four seconds until the light blinks twice; the printer then "
                "measures the new roll.",
                via="desk",
            ),
            SampleMessage(OSCAR, 402, "Blinked twice, printed one empty label, and now it fits. Thanks!", via="email"),
        ),
        JONAS,
        changes=((402, "status", JONAS, "solved"), (230, "status", JONAS, "closed")),
        rating=5,
    ),
    SampleTicket(
        "duplicate-orders",
        "globex",
        LEO,
        "Some orders arrive twice through the webhook",
        "in_progress",
        "normal",
        8,
        (
            SampleMessage(
                LEO,
                8,
                "Three orders came in twice last night (A-88121, A-88130, A-88164), each pair within one second. "
                "Is there "
                "an id we can use to recognise the second one?",
            ),
            SampleMessage(
                TOMAS,
                6.5,
                "Yes: `X-Delivery-Id` is the same for both. We repeat a delivery when your side takes longer than "
                "five seconds to answer, so please store first and work later.\n\nI am checking why yours were "
                "answered twice "
                "within *one* second, which does not fit that rule.",
                via="slack",
            ),
            SampleMessage(
                LEO, 5, "We answer in about 80 ms. I will use the header, thanks. Waiting for what you find."
            ),
        ),
        TOMAS,
        changes=((7, "assigned", TOMAS, TOMAS), (6.5, "status", TOMAS, "in_progress")),
    ),
    SampleTicket(
        "holiday-hours",
        "globex",
        DANA,
        "Support hours between Christmas and New Year",
        "solved",
        "low",
        96,
        (
            SampleMessage(
                DANA, 96, "Will somebody be there between the years? We do our stocktaking on the 29th.", via="email"
            ),
            SampleMessage(
                MAYA,
                94,
                "Yes. We are there on the 28th, 29th and 30th from 8 to 16, and for outages around the clock as "
                "always. "
                "I have put your stocktaking into our calendar.",
                via="desk",
            ),
        ),
        MAYA,
        changes=((94, "status", MAYA, "solved"),),
        rating=4,
    ),
)
