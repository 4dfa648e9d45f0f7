"""The demo's help articles."""

from helpdesk.domain.knowledge_base import articles
from helpdesk.models.user import User

ARTICLES = (
    (
        "Print a label again",
        "Labels",
        "signed_in",
        "1. Open the shipment.\n2. Choose **Print again**.\n\nThe label keeps its number, so the carrier takes it.",
    ),
    (
        "What to send when an export fails",
        "Exports",
        "signed_in",
        "Send us\n\n- the name of the export,\n- when it failed, with the time zone,\n- the message that you saw.",
    ),
    (
        "Sign in for the first time",
        "Signing in",
        "public",
        "Enter your address at work. The mail has a link and a code; **both work once**, for ten minutes.",
    ),
)


def write_articles(author: User) -> None:
    """Write the sample articles, published. Does not commit."""
    for title, category, audience, body in ARTICLES:
        text = articles.ArticleText(title, body, category, "en", audience, is_published=True)
        articles.save_article(None, text, actor=author)
