"""The pages' logic, run by Streamlit without a browser."""

import datetime as dt
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from contracts.errors import DatabaseRefused, DatabaseUnavailable
from dashboard import context, document
from dashboard.data.health.rejected import Filter, RejectedPage
from dashboard.data.history import Run, Sales
from dashboard.texts import HEALTH
from tests.dashboard import test_health_view
from tests.dashboard.test_history_view import DAYS

APP = Path(dashboard.__file__).with_name("app.py")


class Store:
    """A history store that says one thing."""

    def __init__(self, said):
        self.said = said

    def sales(self, _granularity):
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


@pytest.fixture
def history(monkeypatch):
    def say(said):
        monkeypatch.setattr(context, "history", lambda: Store(said))

    context.configuration.cache_clear()
    say(DAYS)
    yield say
    context.configuration.cache_clear()


def open_page(**query):
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def chosen(app, name):
    return app.session_state[f"chosen-{name}"]


def test_the_live_page_opens_in_portuguese_with_15_minutes(history):
    app = open_page()
    assert (chosen(app, "idioma"), chosen(app, "janela")) == ("pt", "15min")
    assert dict(app.query_params) == {}


def test_a_link_reproduces_window_and_language(history):
    app = open_page(idioma="en", janela="60min")
    assert (chosen(app, "idioma"), chosen(app, "janela")) == ("en", "60min")


def test_what_the_link_says_wrongly_is_the_default(history):
    app = open_page(idioma="xx", janela="<script>")
    assert (chosen(app, "idioma"), chosen(app, "janela")) == ("pt", "15min")
    assert dict(app.query_params) == {}


def test_a_choice_is_written_into_the_link(history):
    app = open_page()
    app.button_group(key="widget-janela").set_value("5min").run()
    assert chosen(app, "janela") == "5min"
    assert app.query_params["janela"] == "5min"


def test_definitions_come_from_the_catalogue(history):
    said = " ".join(it.value for it in open_page().markdown)
    assert "Orders with a cart" not in said
    assert "Pedidos com carrinho ÷ carrinhos criados na janela (fluxo)." in said


def history_page():
    from dashboard import context
    from dashboard.screens import frame, history

    language = frame.language()
    history.render(language, context.formats(language))


def open_history(**query):
    app = AppTest.from_function(history_page, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_history_opens_with_30_days_and_a_download(history):
    app = open_history()
    assert (chosen(app, "periodo"), chosen(app, "intervalo")) == ("dia", "30d")
    assert [it.proto.label for it in app.get("download_button")] == ["Baixar CSV"]
    assert not app.warning


def test_history_before_the_first_run_says_so(history):
    history(None)
    assert [it.value for it in open_history().info] == [
        "O histórico ainda não foi calculado. Ele aparece aqui assim que a primeira execução terminar."
    ]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DatabaseUnavailable("Postgres at secret:5432"), "The database does not answer."),
        (DatabaseRefused("password for secret"), "The database refused the query."),
    ],
)
def test_an_absent_database_is_said_without_its_secrets(history, error, said):
    history(error)
    warnings = [it.value for it in open_history(idioma="en").warning]
    assert warnings[0].startswith(said)
    assert "secret" not in str(warnings)


def test_a_range_without_periods_says_so(history):
    instant = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)
    history(Sales(Run(id=1, instant=instant, finished=instant, findings=None), []))
    assert [it.value for it in open_history().info] == ["Não há períodos neste intervalo."]


class HealthSays:
    """A watch and a store of rejected events that say one thing each."""

    def __init__(self, health, page=None):
        self.health, self.said = health, page
        self.asked = []

    def now(self, *, wait_seconds):
        if isinstance(self.health, Exception):
            raise self.health
        return self.health

    def page(self, chosen):
        self.asked.append(chosen)
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


@pytest.fixture
def health(monkeypatch, history):
    def say(said, page=None):
        store = HealthSays(said, page or RejectedPage([], False))
        monkeypatch.setattr(context, "health", lambda: store)
        monkeypatch.setattr(context, "rejected", lambda: store)
        return store

    return say


def health_page():
    from dashboard import context
    from dashboard.screens import frame, health

    language = frame.language()
    health.render(language, context.formats(language))


def open_health(**query):
    app = AppTest.from_function(health_page, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_a_link_reproduces_the_filter_of_rejected_events(health):
    store = health(test_health_view.health())
    app = open_health(topico="eventos_web", motivo="json_invalido", pagina="3")
    assert store.asked == [Filter("eventos_web", "json_invalido", 2)]
    assert (chosen(app, "topico"), chosen(app, "motivo")) == ("eventos_web", "json_invalido")


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "٣", "9" * 30])
def test_what_the_link_says_wrongly_of_rejected_events_is_all_of_them(health, page):
    store = health(test_health_view.health())
    open_health(topico="senhas", motivo="<script>", pagina=page)
    assert store.asked == [Filter(None, None, 0)]


def test_pages_are_turned_in_the_link_and_another_filter_begins_at_the_newest(health):
    store = health(test_health_view.health(), RejectedPage([test_health_view.EVENT], True))
    app = open_health()
    app.button(key="older").click().run()
    assert (app.query_params["pagina"], store.asked[-1].page) == ("2", 1)
    app.selectbox(key="widget-motivo").set_value("campo_ausente").run()
    assert store.asked[-1] == Filter(None, "campo_ausente", 0)
    assert "pagina" not in app.query_params


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DatabaseUnavailable("Postgres at secret:5432"), "Postgres does not answer."),
        (DatabaseRefused("password for secret"), "The list could not be read."),
    ],
)
def test_rejected_events_that_cannot_be_read_leave_the_rest_alone(health, error, said):
    health(test_health_view.health(), error)
    app = open_health(idioma="en")
    warnings = [it.value for it in app.warning]
    assert len(warnings) == 1
    assert warnings[0].startswith(said)
    assert not app.error


def test_what_raises_unexpectedly_is_one_line_without_its_words(health):
    health(KeyError("secret of a bug"))
    app = open_health()
    assert [it.value for it in app.error] == [HEALTH["pt"].unexpected]
    assert "secret" not in str(app)


def test_streamlit_finds_no_pages_of_its_own():
    assert not APP.with_name("pages").exists()


def test_the_document_has_our_name_and_language():
    text = document.document()
    assert "<title>Vitrine</title>" in text
    assert '<html lang="pt-BR">' in text
