"""The form of a help article."""

from collections.abc import Iterable

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from helpdesk.domain.knowledge_base import articles
from helpdesk.translation import LANGUAGES, lazy_gettext, lazy_pgettext
from helpdesk.web.form_base import Form, to_choices


class ArticleForm(Form):
    """An article in one language; ``version`` is the version that was read."""

    version = HiddenField()
    title = StringField(lazy_gettext("Title"), render_kw={"maxlength": "200"})
    body = TextAreaField(lazy_gettext("Text"), description=lazy_gettext("Markdown works."), render_kw={"rows": 16})
    category = StringField(
        lazy_gettext("Category"),
        [Optional()],
        description=lazy_gettext("Articles are listed below their category. Empty: above all others."),
        render_kw={"maxlength": "80", "list": "article-categories", "autocomplete": "off"},
    )
    language = SelectField(
        lazy_gettext("Language"),
        choices=to_choices([(each.code, each.name) for each in LANGUAGES.values()]),
        validate_choice=False,
    )
    original = SelectField(
        lazy_gettext("Translation of"),
        [Optional()],
        validate_choice=False,
        description=lazy_gettext("People read an article in their language where there is a translation."),
        render_kw={"blank": lazy_gettext("None: this is an original article")},
    )
    audience = RadioField(
        lazy_pgettext("article", "Who reads it"),
        choices=to_choices([(str(key), label) for key, label in articles.AUDIENCE_LABELS.items()]),
        validate_choice=False,
        default="signed_in",
    )
    is_published = BooleanField(
        lazy_gettext("Published"), description=lazy_gettext("Otherwise it is a draft, which only the team sees.")
    )

    def offer_originals(self, originals: Iterable[tuple[str, str]]) -> None:
        """Offer the articles of which this one may be a translation."""
        self.original.choices = to_choices(originals)
