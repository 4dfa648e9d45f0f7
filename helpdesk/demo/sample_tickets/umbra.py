"""Umbra Labs: a research company that shares a Slack channel with support."""

from helpdesk.demo.sample_tickets import SampleMessage, SampleTicket

INES, VIKTOR = "ines@umbralabs.example", "viktor@umbralabs.example"
AISHA, THEO = "aisha@umbralabs.example", "theo@umbralabs.example"
MAYA, TOMAS = "maya@support.northwind.example", "tomas@support.northwind.example"
PRIYA, JONAS = "priya@support.northwind.example", "jonas@support.northwind.example"

SAMPLE_TICKETS = (
    SampleTicket(
        "cluster-upgrade",
        "umbra",
        VIKTOR,
        "Upgrade of our cluster to version 14",
        "pending",
        "normal",
        46,
        (
            SampleMessage(
                VIKTOR,
                46,
                "We would like to move to 14 before the end of the year. What do we have to prepare, and how "
                "long are we "
                "offline?",
                via="slack",
            ),
            SampleMessage(
                TOMAS,
                44,
                "About twenty minutes offline, at a time you choose. To prepare:\n\n1. Nobody uses the old "
                "importer any more\n"
                "2. 40 GB free on the data volume\n3. A backup that has been **restored once**, not only taken\n\n"
                "Which of Tuesday or Thursday evening suits you?",
                via="slack",
            ),
            SampleMessage(VIKTOR, 40, "Importer: gone. Space: 61 GB. The restore test runs tonight.", via="slack"),
            SampleMessage(TOMAS, 39, "Excellent. Tell me how the restore went, and name an evening.", via="slack"),
        ),
        TOMAS,
        changes=((45, "assigned", TOMAS, TOMAS), (39, "status", TOMAS, "pending")),
    ),
    SampleTicket(
        "sample-import",
        "umbra",
        AISHA,
        "Import stops at sample 8,192",
        "in_progress",
        "high",
        6.8,
        (
            SampleMessage(
                AISHA,
                6.8,
                "Every import of a plate file stops at exactly 8,192 samples, without an error. The file has "
                "12,400. I have "
                "tried two machines.",
                via="slack",
            ),
            SampleMessage(
                PRIYA,
                6.4,
                "A beautifully round number, so surely a limit of ours. Could you tell me the version at the bottom of "
                "the import window?",
                via="slack",
            ),
            SampleMessage(AISHA, 6.2, "It says `importer 3.8.1 (b2114)`.", via="slack"),
            SampleMessage(
                PRIYA,
                5.8,
                "8192 = buffer of the old reader; 3.8.2 has the streaming reader. Not yet released for Umbra's ring.",
                "note",
                "slack",
            ),
            SampleMessage(
                PRIYA,
                5.5,
                "Thank you. 3.8.2 reads files of any length and reaches you tonight. If it is urgent: split the "
                "file at "
                "8,000 lines; the parts are put together by plate number.",
                via="slack",
            ),
            SampleMessage(
                AISHA,
                5.1,
                "Splitting works, so nobody is blocked. I will try again tomorrow with the new one.",
                via="slack",
            ),
        ),
        PRIYA,
        changes=((6.5, "assigned", PRIYA, PRIYA), (6.4, "status", PRIYA, "in_progress")),
    ),
    SampleTicket(
        "quote-seats",
        "umbra",
        THEO,
        "Quote for twelve more seats",
        "solved",
        "normal",
        60,
        (
            SampleMessage(
                THEO,
                60,
                "Please send a quote for twelve more seats from January, on the terms of our frame contract.",
                via="email",
            ),
            SampleMessage(
                MAYA,
                57,
                "The quote is attached to your contract page and valid until 15 December. The price per seat is "
                "the one of "
                "the frame contract; nothing changes for those you have.",
                via="desk",
            ),
            SampleMessage(THEO, 50, "Received and approved. Order follows.", via="email"),
        ),
        MAYA,
        changes=((58, "assigned", MAYA, MAYA), (49, "status", MAYA, "solved")),
        rating=5,
    ),
    SampleTicket(
        "freezer-alarm",
        "umbra",
        INES,
        "Freezer alarm came forty minutes late",
        "open",
        "urgent",
        0.3,
        (
            SampleMessage(
                INES,
                0.3,
                "Freezer **F-07** rose above −70 °C at 06:10. The alarm reached us at 06:51. Samples are safe "
                "this time, but "
                "forty minutes is far beyond the five we agreed on. I need to know why **today**.",
                via="slack",
            ),
        ),
        form="incident",
        answers=(("service", "Sync"), ("since", "Today, 06:10"), ("people", "Everyone")),
    ),
    SampleTicket(
        "two-labs",
        "umbra",
        INES,
        "Second laboratory as a separate site",
        "on_hold",
        "normal",
        200,
        (
            SampleMessage(
                INES,
                200,
                "In spring we open a second laboratory. Should it be a site of its own, and can people belong to both?",
            ),
            SampleMessage(
                MAYA,
                196,
                "A site of its own, yes, and people can belong to both from version 14 on. I suggest that we set "
                "it up right "
                "after the upgrade Viktor is planning.",
                via="desk",
            ),
            SampleMessage(INES, 190, "Agreed. Let us come back to it then.", via="slack"),
        ),
        MAYA,
        changes=((197, "assigned", MAYA, MAYA), (189, "status", MAYA, "on_hold")),
    ),
    SampleTicket(
        "dark-plates",
        "umbra",
        AISHA,
        "Plate images are very dark in the report",
        "solved",
        "low",
        84,
        (
            SampleMessage(AISHA, 84, "On screen the plates look right, in the PDF they are nearly black.", via="slack"),
            SampleMessage(
                JONAS,
                82,
                "The PDF drops the colour profile of the camera. There is a switch for it: *Report → Images → "
                "keep profile*. "
                "I have turned it on for your site.",
                via="slack",
            ),
            SampleMessage(AISHA, 80, "Much better :tada:", via="slack"),
        ),
        JONAS,
        changes=((83, "assigned", JONAS, JONAS), (79, "status", JONAS, "solved")),
        rating=4,
    ),
    SampleTicket(
        "old-keys",
        "umbra",
        VIKTOR,
        "Which API keys are still in use?",
        "closed",
        "normal",
        640,
        (
            SampleMessage(
                VIKTOR,
                640,
                "We found nine API keys and know the purpose of five. Can you tell when the others were last used?",
            ),
            SampleMessage(
                JONAS,
                636,
                "Of the four, two have not been used for over a year, one was last used in March, and one every "
                "night at "
                "two (the backup, I suppose). I have sent you the list.",
                via="desk",
            ),
            SampleMessage(VIKTOR, 634, "The nightly one is indeed the backup. Please delete the other three."),
            SampleMessage(JONAS, 633, "Deleted.", via="desk"),
        ),
        JONAS,
        changes=((639, "assigned", JONAS, JONAS), (632, "status", JONAS, "solved"), (460, "status", JONAS, "closed")),
        rating=5,
    ),
    SampleTicket(
        "digest-time",
        "umbra",
        THEO,
        "Daily digest at seven instead of nine",
        "open",
        "low",
        4.4,
        (
            SampleMessage(
                THEO,
                4.4,
                "Can the daily digest come at seven? By nine I have already looked everything up myself.",
                via="email",
            ),
        ),
    ),
)
