"""Help articles: who reads which, in which language, what a search finds, and whether they helped."""

import pytest

from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.knowledge_base import articles, search, votes


def text(title="Printing", body="Press the **green** button.", **values):
    given = {"category": "Start", "language": "en", "audience": "signed_in", "is_published": True} | values
    return articles.ArticleText(title, body, **given)


@pytest.fixture
def lead(make):
    return make.agent(role="lead")


@pytest.fixture
def write(lead, session):
    def save(*given, **values):
        made = articles.save_article(None, text(*given, **values), actor=lead)
        session.commit()
        return made

    return save


def titles(found):
    return [article.title for article in found]


def test_who_reads_which_article(make, write):
    customer, agent = make.user(make.organization()), make.agent()
    public, inside = write("Public", audience="public"), write("Inside")
    draft = write("Draft", is_published=False)
    assert [articles.find_article(None, each.id) for each in (public, inside, draft)] == [public, None, None]
    assert [articles.find_article(customer, each.id) for each in (public, inside, draft)] == [public, inside, None]
    assert articles.find_article(agent, draft.id) is draft and articles.find_article(None, 2**70) is None
    assert titles(articles.list_readable(None, "en")) == ["Public"]
    assert titles(articles.list_readable(customer, "en")) == ["Inside", "Public"]
    assert titles(search.search_articles(None, "green", "en")) == ["Public"]
    assert titles(search.suggest_articles(None, "a green thing", "en")) == ["Public"]
    assert len(search.search_articles(customer, "green", "en")) == 2


def test_each_article_once_in_the_readers_language(make, write):
    customer = make.user(make.organization())
    english = write("Printing")
    german = write("Drucken", "Den Knopf drücken.", language="de", original_id=english.id)
    second = write("Impression", "Appuyez.", language="fr", original_id=german.id)
    assert second.translation_of_id == english.id, "a translation of a translation is one of the original"
    only_german = write("Nur Deutsch", language="de")
    assert titles(articles.list_readable(customer, "de")) == ["Drucken", "Nur Deutsch"]
    assert titles(articles.list_readable(customer, "ja")) == ["Nur Deutsch", "Printing"]
    assert {each.id for each in articles.list_translations(customer, german)} == {english.id, second.id}
    assert articles.in_language(customer, english, "de") is german
    assert articles.in_language(customer, only_german, "en") is only_german


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Über die Größe", "uber grosse"),
        ("Über die Größe", "ueber"),
        ("Søren prints", "soren"),
        ("Café résumé", "CAFE RESUME"),
        ("印刷の方法", "印刷"),
        ("印刷の方法", "方"),
        ("Printing", "print"),
        ("100% sure_thing", "100"),
        ("كيف أطبع المستند", "مستند"),
    ],
)
def test_words_are_compared_as_those_of_a_search_of_tickets(make, write, title, question):
    write(title, "Nothing else.")
    customer = make.user(make.organization())
    assert titles(search.search_articles(customer, question, "en")) == [title]


def test_every_word_counts_and_titles_come_first(make, write):
    customer = make.user(make.organization())
    write("Scanning", "Where the printer is.")
    write("The printer", "Where it scans.")
    assert titles(search.search_articles(customer, "printer", "en")) == ["The printer", "Scanning"]
    assert search.search_articles(customer, "printer submarine", "en") == []
    assert titles(search.suggest_articles(customer, "printer submarine", "en")) == ["The printer", "Scanning"]
    for nothing in ("", "   ", "!!", "%", "_", "the", "int"):
        assert search.suggest_articles(customer, nothing, "en") == []
    assert search.search_articles(customer, "%", "en") == [] and search.search_articles(customer, "rinter", "en") == []


def test_only_leads_write_and_a_stale_form_is_refused(make, write, lead, session):
    article = write()
    with pytest.raises(PermissionDenied):
        articles.save_article(None, text(), actor=make.agent())
    with pytest.raises(PermissionDenied):
        articles.delete_article(article, actor=make.user(make.organization()))
    version = article.version
    articles.save_article(article, text("Printing again"), actor=lead, version=version)
    session.commit()
    with pytest.raises(ConflictError):
        articles.save_article(article, text("Mine"), actor=lead, version=version)
    session.rollback()
    for wrong in ({"title": " "}, {"body": ""}, {"language": "xx"}, {"audience": "all"}, {"original_id": article.id}):
        with pytest.raises(ValidationError):
            articles.save_article(article, text(**wrong), actor=lead, version=article.version)


def test_pages_know_without_a_query_whether_there_are_articles(make, write, lead, session):
    customer = make.user(make.organization())
    assert not articles.has_articles(customer)
    draft = write("Draft", is_published=False)
    assert not articles.has_articles(customer)
    inside = write("Inside")
    assert articles.has_articles(customer) and not articles.has_articles(None)
    public = write("Public", audience="public")
    assert articles.has_articles(None) and settings.get("article_readers") == "public"
    for article in (public, inside, draft):
        articles.delete_article(article, actor=lead)
    assert not articles.has_articles(customer)


def test_the_last_answer_of_each_person_counts(make, write, session):
    article = write(audience="public")
    ann, ben = make.user(make.organization()), make.user(make.organization())
    for reader, helped in ((ann, True), (ann, True), (ben, True), (ann, False), (ann, False)):
        votes.vote(article, helped, reader=reader)
        session.commit()
    votes.vote(article, True, reader=None)
    votes.vote(article, False, reader=None, previous=True)
    session.commit()
    session.refresh(article)
    assert (article.helped, article.did_not_help) == (1, 2)
    assert votes.find_vote(article, ann) is False and votes.find_vote(article, ben) is True
