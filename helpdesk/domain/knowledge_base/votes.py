"""Answers to "Did this help?": one of each person; of people not signed in one of each browser."""

from sqlalchemy import update

from helpdesk.extensions import db
from helpdesk.models.article import Article, ArticleVote
from helpdesk.models.user import User


def vote(article: Article, helped: bool, *, reader: User | None, previous: bool | None = None) -> None:
    """Count an answer. A person's earlier answer is replaced; of somebody not signed in it is ``previous``.

    The page gives ``previous`` from the browser's cookie; None if there is none.
    """
    if reader is not None:
        stored = db.session.get(ArticleVote, (article.id, reader.id))
        previous = stored.helped if stored is not None else None
        if stored is None:
            db.session.add(ArticleVote(article_id=article.id, user_id=reader.id, helped=helped))
        else:
            stored.helped = helped
    if previous == helped:
        return
    changes = {Article.helped: Article.helped + int(helped) - int(previous is True)}
    changes[Article.did_not_help] = Article.did_not_help + int(not helped) - int(previous is False)
    db.session.execute(
        update(Article).where(Article.id == article.id).values(changes),
        execution_options={"synchronize_session": False},
    )
    db.session.flush()


def find_vote(article: Article, reader: User) -> bool | None:
    """Return the answer of ``reader``; None if there is none."""
    stored = db.session.get(ArticleVote, (article.id, reader.id))
    return stored.helped if stored is not None else None
