"""Help articles as people read them: the list, search, one article, and whether it helped.

Public ones are read without signing in. For every other, and for what is not there, one is asked to sign in.
"""

from itertools import groupby
from typing import Any

import flask
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.domain.knowledge_base import articles, search, votes
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.article import Article
from helpdesk.models.user import User
from helpdesk.translation import LANGUAGES, current_code, gettext
from helpdesk.web.middleware import authentication, authorization

blueprint = Blueprint("articles", __name__, url_prefix="/articles")
MAX_REMEMBERED_VOTES = 50  # of a browser that is not signed in; they are in its cookie


@blueprint.get("")
@authorization.public
def list_articles() -> ResponseReturnValue:
    """Show what this person may read by category, or what ``?q=`` finds."""
    reader = get_reader()
    if reader is None and not articles.has_articles(None):
        return current_app.login_manager.unauthorized()
    words = request.args.get("q", "").strip()[:200]
    language = current_code()
    found = search.search_articles(reader, words, language) if words else articles.list_readable(reader, language)
    groups = [(category, list(group)) for category, group in groupby(found, key=lambda article: article.category)]
    return render_template("portal/articles.html", articles=found, groups=groups, words=words)


@blueprint.get("/<int:article_id>")
@authorization.public
def show_article(article_id: int) -> ResponseReturnValue:
    """Show one article in its language, with links to its translations."""
    reader = get_reader()
    article = articles.find_article(reader, article_id)
    if article is None:
        return abort(404) if reader is not None else current_app.login_manager.unauthorized()
    return render_template(
        "portal/article.html",
        article=article,
        html=markdown_rendering.markdown_to_html(article.body),
        translations=[(each, LANGUAGES[each.language]) for each in articles.list_translations(reader, article)],
        language=LANGUAGES[article.language],
        answer=find_answer(article, reader),
    )


@blueprint.post("/<int:article_id>/vote")
@authorization.public
def vote(article_id: int) -> ResponseReturnValue:
    """Count whether the article helped; the last answer of a person counts."""
    reader = get_reader()
    article = articles.find_article(reader, article_id)
    if article is None or not article.is_published:
        return abort(404) if reader is not None else current_app.login_manager.unauthorized()
    helped = request.form.get("helped", "")
    if helped not in ("yes", "no"):
        abort(400)
    votes.vote(article, helped == "yes", reader=reader, previous=find_answer(article, None) if reader is None else None)
    if reader is None:
        kept = {key: value for key, value in remembered_votes().items() if key != str(article.id)}
        latest = dict(list(kept.items())[-MAX_REMEMBERED_VOTES + 1 :])
        flask.session["article_votes"] = latest | {str(article.id): helped == "yes"}
    db.session.commit()
    flash(gettext("Thank you. Your answer is saved."), "success")
    return redirect(f"/articles/{article_id}", 303)


def get_reader() -> User | None:
    """Return the person signed in, None if there is nobody."""
    return authentication.get_current_user() if current_user.is_authenticated else None


def remembered_votes() -> dict[str, Any]:
    """Return the answers that this browser's cookie keeps while nobody is signed in, by article id."""
    kept = flask.session.get("article_votes")
    return kept if isinstance(kept, dict) else {}


def find_answer(article: Article, reader: User | None) -> bool | None:
    """Return what this person answered; None if they did not."""
    if reader is not None:
        return None if reader.is_impersonating else votes.find_vote(article, reader)
    answer = remembered_votes().get(str(article.id))
    return answer if isinstance(answer, bool) else None
