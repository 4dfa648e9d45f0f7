"""Help articles: the whole team reads them, leads and admins write them."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.knowledge_base import articles
from helpdesk.extensions import db
from helpdesk.models.article import Article
from helpdesk.translation import LANGUAGES, current_code, gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.article_form import ArticleForm

blueprint = Blueprint("settings_articles", __name__, url_prefix="/settings/articles")


@blueprint.get("")
@authorization.team_only
def list_articles() -> ResponseReturnValue:
    """Show every article, drafts too, with how often it helped."""
    return navigation.render_settings_page("settings/articles.html", articles=articles.list_all(), languages=LANGUAGES)


@blueprint.get("/new")
@authorization.lead_only
def show_new_article() -> ResponseReturnValue:
    """Show the empty form, or that of a translation of ``?of=``."""
    original = articles.find_article(authentication.get_current_user(), parse_id(request.args.get("of")) or 0)
    values: dict[str, Any] = {"language": current_code(), "is_published": False}
    if original is not None:
        values |= {"category": original.category, "audience": original.audience, "original": str(original.original_id)}
        values |= {"title": original.title, "body": original.body}
    return render_page(None, ArticleForm(data=values))


@blueprint.post("")
@authorization.lead_only
def create_article() -> ResponseReturnValue:
    """Create an article."""
    return save_article(None)


@blueprint.get("/<int:article_id>")
@authorization.team_only
def show_article(article_id: int) -> ResponseReturnValue:
    """Show one article in its form."""
    article = get_article_or_404(article_id)
    values = {"original": str(article.translation_of_id or "")}
    return render_page(article, ArticleForm(obj=article, data=values))


@blueprint.post("/<int:article_id>")
@authorization.lead_only
def update_article(article_id: int) -> ResponseReturnValue:
    """Save an article."""
    return save_article(get_article_or_404(article_id))


@blueprint.post("/<int:article_id>/delete")
@authorization.lead_only
def delete_article(article_id: int) -> ResponseReturnValue:
    """Delete an article; its translations stay."""
    articles.delete_article(get_article_or_404(article_id), actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The article is deleted."), "success")
    return redirect("/settings/articles", 303)


def save_article(article: Article | None) -> ResponseReturnValue:
    """Save the form as a new or changed article, or show it again with the errors."""
    form = ArticleForm(request.form)
    article_id = article.id if article is not None else None
    text = articles.ArticleText(
        title=form.title.data,
        body=form.body.data,
        category=form.category.data,
        language=form.language.data,
        audience=form.audience.data or "",
        is_published=form.is_published.data,
        original_id=parse_id(form.original.data),
    )
    version = parse_id(form.version.data)
    try:
        saved = articles.save_article(article, text, actor=authentication.get_current_user(), version=version)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        page = render_page(get_article_or_404(article_id) if article_id is not None else None, form)
        return page, 409 if isinstance(error, ConflictError) else 422
    address = f"/settings/articles/{saved.id}"
    db.session.commit()
    flash(gettext("The article is saved."), "success")
    return redirect(address, 303)


def get_article_or_404(article_id: int) -> Article:
    """Return the article, else 404."""
    return articles.find_article(authentication.get_current_user(), article_id) or abort(404)


def render_page(article: Article | None, form: ArticleForm) -> str:
    """Render the form of one article; None is a new one."""
    own = {article.id} if article is not None else set()
    originals = [each for each in articles.list_all() if each.translation_of_id is None and each.id not in own]
    form.offer_originals(articles.list_titles(originals))
    return navigation.render_settings_page(
        "settings/article.html",
        article=article,
        form=form,
        categories=articles.list_categories(),
        may_write=current_user.is_lead,
        translations=articles.list_translations(authentication.get_current_user(), article) if article else [],
        languages=LANGUAGES,
    )
