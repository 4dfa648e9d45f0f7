"""Parts of the names and texts of generated companies, people and conversations, combined at random."""

from random import Random

FIRST_NAMES = (
    "Ada Ben Cleo Dario Edda Farid Greta Hugo Ida Jalal Karin Luca Mara Noor Olga Pavel Quinn Rosa Sven Tara Umar Vera Wim "
    "Xenia Yara Zeno Alma Boris Cora Demir Elif Finn Gita Henk Ines Jana Kofi Lena Milan Nele Oskar Petra Rafi Selma Timo Ulla"
).split()
LAST_NAMES = (
    "Abbot Baker Castell Dahl Eriksen Farkas Gallo Hansen Ibsen Jung Keller Lorenz Mbeki Novak Okafor Palme Rossi Sato Toth "
    "Unger Varga Weiss Yilmaz Zeller Amari Brandt Conti Duarte Egger Fuchs Grimaldi Haas Iversen Jovic Kraus Lindt Moser Nagy"
).split()
COMPANY_NAMES = (
    "Alder Basalt Cobalt Delta Ember Fjord Granite Harbor Indigo Juniper Kestrel Lumen Meridian Nimbus Onyx Pioneer Quartz "
    "Rowan Summit Tundra Umber Vector Willow Yonder Zephyr Amber Birch Cedar Dune Echo"
).split()
TRADE_NAMES = (
    "Logistics Foods Textiles Energy Clinics Optics Freight Robotics Papers Tools Mills Press "
    "Marine Dairy Glass Motors Seeds Labs"
).split()

SUBJECT_THINGS = (
    "the export",
    "the monthly report",
    "the label printer",
    "the sign-in page",
    "the stock list",
    "the invoice run",
    "the mobile app",
    "the scanner gateway",
    "the price import",
    "the shared calendar",
    "the audit log",
    "the delivery note",
    "the test account",
    "the API key",
    "the customer list",
    "the dashboard",
    "the backup",
    "the mail template",
)
SUBJECT_PROBLEMS = (
    "stops after a few seconds",
    "shows yesterday's numbers",
    "is empty since this morning",
    "asks for a password again and again",
    "is very slow",
    "answers with error {code}",
    "lost its settings",
    "arrives twice",
    "does not reach everybody",
    "cuts off long names",
    "mixes up two locations",
    "is in the wrong language",
    "cannot be saved",
    "prints half a page",
    "forgets the time zone",
)
SUBJECT_REQUESTS = (
    "How do we change {thing}?",
    "Access to {thing} for a new colleague",
    "Can {thing} be sent every Monday?",
    "Please enlarge {thing}",
    "Question about {thing}",
    "Where do we find {thing}?",
    "Two more people need {thing}",
)

DESCRIPTION_TEXTS = (
    "Since {when}, {thing} {trouble}. It concerns {who}. Reference {ref}.",
    "Hello,\n\n{thing} {trouble}. We noticed it {when}, and it happens for {who}.\n\n- reference: `{ref}`\n- browser: Firefox",
    "{thing} {trouble}, {when} for the first time. We have tried another machine, with the same result. Our number is {ref}.",
    "Good morning, could somebody look at {thing}? It {trouble} since {when}. **{who} cannot work.** Reference {ref}.",
)
AGENT_REPLY_TEXTS = (
    "Thank you for the details. I can see it in the log for {ref} and am looking into it.",
    "Hello,\n\nthe cause is found: {thing} was pointed at an old address. It is set right, could you try once more?\n\nReference {ref}",
    "I have asked the people who run {thing}; they expect to be done today. I will write again, reference {ref}.",
    "Could you send a screenshot with the time it happened? For {ref} I only see requests that went well.",
    "That is a known problem, and the mend arrives with the next version. Until then, reload the page after signing in ({ref}).",
    "Done: both colleagues have access to {thing} now. It may take ten minutes to reach everybody. {ref}",
)
CUSTOMER_REPLY_TEXTS = (
    "It works again, thank you. You may close {ref}.",
    "Still the same here, I am afraid. It happened again {when}.",
    "Here is what the screen says: `error {code}`. Nothing else changed on our side, reference {ref}.",
    "Only {who} see it, the others are fine. Does that help with {ref}?",
    "Thanks, we will try this tomorrow and report. ({ref})",
)
NOTE_TEXTS = (
    "Looks like the same cause as last month, see {ref}. Check {thing} first.",
    "Spoke with operations: {thing} was restarted {when}. Do not promise a date for {ref}.",
    "Account manager knows about {ref}.",
)
TIME_PHRASES = ("yesterday", "this morning", "Monday", "the last update", "about nine", "last week", "the weekend")
PEOPLE_PHRASES = (
    "our night shift",
    "two of us",
    "everybody in the office",
    "the warehouse",
    "the finance team",
    "one colleague",
    "all new users",
)


def random_person_name(random: Random) -> str:
    """A full name."""
    return f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"


def company_name(number: int) -> str:
    """The name of the company with this number, always the same and unique."""
    trade, turn = divmod(number, len(COMPANY_NAMES))
    turns, trade = divmod(trade, len(TRADE_NAMES))
    return f"{COMPANY_NAMES[turn]} {TRADE_NAMES[trade]}" + (f" {turns + 1}" if turns else "")


def random_subject(random: Random) -> str:
    """What a ticket is about."""
    thing = random.choice(SUBJECT_THINGS)
    if random.random() < 0.3:
        return random.choice(SUBJECT_REQUESTS).format(thing=thing)
    return f"{thing[0].upper()}{thing[1:]} {random.choice(SUBJECT_PROBLEMS)}".format(code=random.randrange(100, 999))


def random_bodies(random: Random, words: tuple[str, ...], count: int) -> list[str]:
    """``count`` texts made of ``words``, each with the placeholder ``{ref}``."""
    made = []
    for _ in range(count):
        text = (
            random.choice(words)
            .replace("{trouble}", random.choice(SUBJECT_PROBLEMS))
            .replace("{thing}", random.choice(SUBJECT_THINGS))
        )
        text = text.replace("{when}", random.choice(TIME_PHRASES)).replace("{who}", random.choice(PEOPLE_PHRASES))
        text = text.replace("{code}", str(random.randrange(100, 999)))
        made.append(text[0].upper() + text[1:])
    return made
