"""The pages' logic, run by Streamlit without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from contracts.errors import DatabaseRefused, DatabaseUnavailable
from contracts.metrics import METRICS
from dashboard import context, document
from dashboard.data.health.rejected import Filter, RejectedPage
from dashboard.data.history import Known, Reading
from dashboard.questions import BY_PATH, QUESTIONS
from dashboard.selection import Filters, Selection, resolve
from dashboard.texts import HEALTH
from tests.dashboard import test_health_view
from tests.dashboard.history import ANSWERS, EXTENT, RUN, november

APP = Path(dashboard.__file__).with_name("app.py")


class Store:
    """A run of literal days; or one thing that it says instead."""

    def __init__(self, said="the run"):
        self.said = said
        self.asked = []

    def known(self):
        return self._said(Known(RUN, EXTENT))

    def read(self, question, selection):
        self.asked.append(selection)
        request = resolve(selection, first_day=EXTENT.first_day, last_day=november(23), is_last_complete=False)
        path = next(it.path for it in QUESTIONS if it.ask is question)
        found = Reading(RUN, EXTENT, request, ANSWERS[path]) if request else Reading(RUN, EXTENT)
        return self._said(found)

    def _said(self, usual):
        if isinstance(self.said, Exception):
            raise self.said
        return usual if self.said == "the run" else self.said


@pytest.fixture
def history(monkeypatch):
    def say(*said):
        store = Store(*said)
        monkeypatch.setattr(context, "history", lambda: store)
        return store

    context.configuration.cache_clear()
    say()
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
    """What is remembered as chosen: nothing where it is as usual."""
    return app.session_state[f"chosen-{name}"]


def link(app):
    """The link's parameters, each with all its values."""
    return {name: [it] if isinstance(it, str) else it for name, it in app.query_params.items()}


def test_the_live_page_opens_in_portuguese_with_15_minutes(history):
    app = open_page()
    assert (chosen(app, "idioma"), chosen(app, "janela")) == ([], [])
    assert link(app) == {}


def test_a_link_reproduces_window_and_language(history):
    app = open_page(idioma="en", janela="60min")
    assert (chosen(app, "idioma"), chosen(app, "janela")) == (["en"], ["60min"])


def test_what_the_link_says_wrongly_is_the_default(history):
    app = open_page(idioma="xx", janela="<script>")
    assert (chosen(app, "idioma"), chosen(app, "janela")) == ([], [])
    assert link(app) == {}


def test_a_choice_is_written_into_the_link(history):
    app = open_page()
    app.button_group(key="widget-janela").set_value("5min").run()
    assert chosen(app, "janela") == ["5min"]
    assert link(app)["janela"] == ["5min"]


def test_definitions_come_from_the_catalogue(history):
    said = " ".join(it.value for it in open_page().markdown)
    assert "Orders with a cart" not in said
    assert "Pedidos com carrinho ÷ carrinhos criados na janela (fluxo)." in said


def history_page(path):
    from dashboard import context
    from dashboard.questions import BY_PATH
    from dashboard.screens import frame, history

    language = frame.language()
    history.render(BY_PATH[path], language, context.formats(language))


def open_history(path="vendas", **query):
    app = AppTest.from_function(history_page, default_timeout=30, args=(path,))
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("path", BY_PATH)
@pytest.mark.parametrize("language", ["pt", "en"])
def test_every_page_opens_in_both_languages(history, path, language):
    app = open_history(path, idioma=language)
    assert not app.warning
    assert not app.info
    said = " ".join(it.value for it in app.markdown)
    definition = BY_PATH[path].metrics[0]
    historical = next(it for it in METRICS if it.id == definition).historical.definition
    assert getattr(historical, language) in said
    assert getattr(historical, {"pt": "en", "en": "pt"}[language]) not in said


def test_history_opens_with_30_days_by_day_beside_those_before(history):
    store = history()
    app = open_history()
    assert store.asked == [Selection()]
    assert link(app) == {}


def test_a_link_reproduces_all_that_was_chosen(history):
    store = history()
    query = {
        "intervalo": "livre",
        "de": "2026-11-10",
        "ate": "2026-11-20",
        "periodo": "semana",
        "comparar": "ano",
        "categoria": ["Casa", "Moda"],
    }
    app = open_history("produtos", **query)
    assert store.asked[0] == Selection(
        preset="livre",
        first=november(10),
        last=november(20),
        granularity="semana",
        comparison="ano",
        filters=Filters(categoria=("Casa", "Moda")),
    )
    assert link(app) == {name: value if isinstance(value, list) else [value] for name, value in query.items()}
    assert app.multiselect(key="widget-categoria").value == ["Casa", "Moda"]
    assert app.date_input(key="widget-de").value == (november(10), november(20))


def test_what_is_chosen_goes_into_the_link_and_what_is_usual_leaves_it(history):
    store = history()
    app = open_history("produtos", intervalo="90d")
    app.selectbox(key="widget-intervalo").set_value("este_ano")
    app.button_group(key="widget-periodo").set_value("mes")
    app.selectbox(key="widget-comparar").set_value("nada")
    app.multiselect(key="widget-categoria").set_value(["Moda"])
    app.run()
    assert link(app) == {
        "intervalo": ["este_ano"],
        "periodo": ["mes"],
        "comparar": ["nada"],
        "categoria": ["Moda"],
    }
    assert store.asked[-1] == Selection(
        preset="este_ano", granularity="mes", comparison="nada", filters=Filters(categoria=("Moda",))
    )
    app.selectbox(key="widget-intervalo").set_value("30d")
    app.button_group(key="widget-periodo").set_value("dia")
    app.selectbox(key="widget-comparar").set_value("anterior")
    app.multiselect(key="widget-categoria").set_value([])
    app.run()
    assert link(app) == {}


def test_a_filter_that_the_run_does_not_have_is_dropped(history):
    store = history()
    app = open_history("geografia", uf=["SP", "<script>"])
    assert store.asked[-1].filters == Filters(uf=("SP",))
    assert link(app)["uf"] == ["SP"]


def test_a_page_asks_only_what_means_something_to_it(history):
    store = history()
    open_history("previsao", intervalo="7d", comparar="ano")
    open_history("clientes", intervalo="7d", categoria="Casa")
    assert store.asked == [Selection(preset="tudo"), Selection(preset="7d")]


def test_the_free_range_begins_with_the_runs_last_days(history):
    app = open_history(intervalo="7d")
    app.selectbox(key="widget-intervalo").set_value("livre").run()
    assert link(app)["ate"] == ["2026-11-23"]
    app.date_input(key="widget-de").set_value((november(5), november(6))).run()
    assert (link(app)["de"], link(app)["ate"]) == (["2026-11-05"], ["2026-11-06"])
    app.selectbox(key="widget-intervalo").set_value("30d").run()
    assert link(app) == {}


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
@pytest.mark.parametrize("path", ["vendas", "produtos"])
def test_an_absent_database_is_said_without_its_secrets(history, error, said, path):
    history(error)
    app = open_history(path, idioma="en", categoria="Casa")
    warnings = [it.value for it in app.warning]
    assert warnings[0].startswith(said)
    assert "secret" not in str(warnings)
    if path == "produtos":
        # What the link chose is not lost because the choices cannot be had.
        assert link(app)["categoria"] == ["Casa"]


@pytest.mark.parametrize("path", BY_PATH)
def test_an_answer_that_raises_unexpectedly_is_one_line_without_its_words_below_the_controls(
    history, monkeypatch, path
):
    def broken(*_):
        raise KeyError("secret of a bug")

    monkeypatch.setattr(history(), "read", broken)
    app = open_history(path)
    assert [it.value for it in app.error] == [HEALTH["pt"].unexpected]
    assert "secret" not in str(app)
    assert len(app.selectbox) == (2 if BY_PATH[path].has_range else 0)


def test_a_range_without_days_says_so(history):
    app = open_history(intervalo="livre", de="2020-01-01", ate="2020-01-31")
    assert [it.value for it in app.info] == ["Não há dias com dados neste intervalo."]


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


@pytest.mark.parametrize("language", ["pt", "en"])
def test_the_health_page_opens_in_both_languages(health, language):
    health(test_health_view.health())
    app = open_health(idioma=language)
    texts, other = HEALTH[language], HEALTH[{"pt": "en", "en": "pt"}[language]]
    assert [it.value for it in app.markdown] == [f"**{texts.rejected_title}**"]
    assert [it.label for it in app.toggle] == [texts.show_personal]
    assert app.selectbox(key="widget-motivo").options == [texts.every_reason, *texts.code_names.values()]
    assert texts.every_reason != other.every_reason
    assert not app.error


def test_a_link_reproduces_the_filter_of_rejected_events(health):
    store = health(test_health_view.health())
    app = open_health(topico="eventos_web", motivo="json_invalido", pagina="3")
    assert store.asked == [Filter("eventos_web", "json_invalido", 2)]
    assert (chosen(app, "topico"), chosen(app, "motivo")) == (["eventos_web"], ["json_invalido"])


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
    assert "Streamlit app" not in text
