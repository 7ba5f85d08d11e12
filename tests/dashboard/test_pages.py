"""The pages' logic, run by Streamlit without a browser."""

import datetime as dt
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from contracts.errors import DatabaseRefused, DatabaseUnavailable
from dashboard import context, document
from dashboard.data.history import Run, Sales
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


def test_streamlit_finds_no_pages_of_its_own():
    assert not APP.with_name("pages").exists()


def test_the_document_has_our_name_and_language():
    text = document.document()
    assert "<title>Vitrine</title>" in text
    assert '<html lang="pt-BR">' in text
