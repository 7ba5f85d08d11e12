"""A release against a real Postgres, its users as bare as Cloud SQL makes them: everything works, and no more."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from contracts import database, settings
from contracts.errors import DatabaseRefused, SettingsError, UsageError
from contracts.settings import Settings
from jobs.dataproc import __main__ as commands
from jobs.dataproc import deployment as deployments
from jobs.dataproc import grants
from jobs.dataproc.deployment import Deployment
from jobs.dataproc.ensuring import Outcome
from jobs.dataproc.lease import lease
from jobs.dataproc.service import Dataproc
from local.servers import StartedServers, start_all
from tests.dataproc.conftest import USERS, pointing_to
from tests.dataproc.server import Server, State, serving


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartedServers]:
    with start_all(tmp_path_factory.mktemp("postgres"), only={"postgres"}) as servers:
        admin = settings.load(servers.environment)
        connection = database.connect(admin, application="tests")
        password = admin.postgres_password.get_secret_value()
        for user in USERS.values():
            # An IAM user of Cloud SQL: it may log in, and nothing else.
            connection.cursor().execute(f"create role \"{user}\" login password '{password}'")
        connection.commit()
        connection.close()
        yield servers


@dataclass(frozen=True)
class Base:
    """A database that belongs to the release's user, as one of Cloud SQL's does."""

    environment: dict[str, str]

    def settings_of(self, component: str) -> Settings:
        return settings.load({**self.environment, "VITRINE_POSTGRES_USER": USERS[component]})

    def run(self, component: str, *statements: str) -> None:
        """Run statements in one transaction that is not kept. Raises ``DatabaseRefused``."""
        connection = database.connect(self.settings_of(component), application="tests")
        try:
            with database.translated("trying"):
                for it in statements:
                    connection.cursor().execute(it)
        finally:
            connection.close()

    def command(self, deployment: Deployment, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jobs.dataproc", *arguments],
            env={
                **os.environ,
                **self.environment,
                "VITRINE_POSTGRES_USER": USERS["release"],
                "VITRINE_HISTORY_DAYS": "1",
                "VITRINE_SIMULATORS_CUSTOMERS": "100",
                "VITRINE_SIMULATORS_PRODUCTS": "10",
                deployments.VARIABLE: msgspec.json.encode(deployment).decode(),
            },
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture(scope="module")
def base(postgres: StartedServers, tmp_path_factory: pytest.TempPathFactory) -> Base:
    name = f"t{uuid.uuid4().hex[:12]}"
    connection = database.connect(settings.load(postgres.environment), application="tests")
    connection.autocommit = True
    connection.cursor().execute(f'create database {name} owner "{USERS["release"]}"')
    connection.close()
    folder = tmp_path_factory.mktemp("simulators")
    return Base({**postgres.environment, "VITRINE_POSTGRES_DATABASE": name, "VITRINE_SIMULATORS_FOLDER": str(folder)})


@pytest.fixture(scope="module")
def dataproc() -> Server:
    """The Dataproc of this file: what the release has submitted stays in it."""
    server = Server()
    server.life = [State.RUNNING]
    return server


@pytest.fixture(scope="module")
def where(dataproc: Server) -> Iterator[Deployment]:
    with serving(dataproc) as endpoint:
        yield pointing_to(endpoint)


@pytest.fixture(scope="module")
def released(base: Base, where: Deployment) -> Base:
    """A base to which a release has come."""
    ended = base.command(where, "release")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return base


def test_a_release_leaves_history_one_job_and_a_first_batch(released: Base, dataproc: Server) -> None:
    connection = database.connect(released.settings_of("release"), application="tests")
    assert database.rows(connection, "select count(*) > 100 from transacoes_vendas") == [(True,)]
    connection.close()
    assert len(dataproc.live()) == 1
    assert [dict(it.parameters) for it in dataproc.instantiated] == [{"AS_OF": "now"}]


def test_a_later_release_starts_no_second_first_batch(released: Base, dataproc: Server, where: Deployment) -> None:
    dataproc.instantiated.clear()
    connection = database.connect(released.settings_of("release"), application="tests")
    connection.cursor().execute(
        "insert into metricas.execucoes (instante, situacao, terminada_em, versao_codigo) "
        "values (now(), 'concluida', now(), '1')"
    )
    connection.commit()
    try:
        assert released.command(where, "release").returncode == 0
    finally:
        connection.cursor().execute("delete from metricas.execucoes")
        connection.commit()
        connection.close()
    assert dataproc.instantiated == []
    assert len(dataproc.submitted) == 1


ALLOWED = {
    "ingest": [
        "select garantir_particao_eventos('2031-05-01')",
        "insert into eventos_web (id_evento, id_sessao, tipo_evento, timestamp_evento) select gen_random_uuid(), "
        "gen_random_uuid(), 'login', max(timestamp_evento) from eventos_web",
        "create temporary table entrada (ordem int) on commit delete rows",
        "insert into achados_qualidade (tipo, identidade, detalhe) select tipo, identidade, detalhe "
        "from achados_qualidade",
        "update transacoes_vendas set status_pedido = status_pedido",
        "delete from operacao.batimentos",
    ],
    "streaming": [
        "select nextval('operacao.geracao_tempo_real')",
        "select count(*) from dados_clientes_versoes",
        "insert into operacao.recomposicoes (motivo) values ('pedido')",
        "delete from operacao.recomposicoes_horas",
        "select from operacao.migracoes",
    ],
    "batch": [
        "insert into metricas.execucoes (instante, versao_codigo) values (now(), '1')",
        "insert into metricas.vendas_totais_por_execucao values (1, 'dia', '2026-11-01', true, 1, 0, 1)",
        "select count(*) from transacoes_vendas",
    ],
    "simulators": [
        "update operacao.relogio set velocidade = velocidade",
        "delete from operacao.cenarios",
        "select count(*) from transacoes_vendas",
    ],
    "dashboard": ["select from metricas.vendas_totais_por_execucao", "select from operacao.batimentos"],
}
FORBIDDEN = {
    "ingest": ["delete from metricas.execucoes", "drop table eventos_web", "create table public.nova (a int)"],
    "streaming": [
        "delete from transacoes_vendas",
        "delete from metricas.execucoes",
        "select garantir_particao_eventos('2031-06-01')",
    ],
    "batch": ["delete from transacoes_vendas", "delete from operacao.relogio"],
    "simulators": ["insert into transacoes_vendas select * from transacoes_vendas", "delete from metricas.execucoes"],
    "dashboard": ["delete from operacao.batimentos", "update transacoes_vendas set status_pedido = status_pedido"],
}


@pytest.mark.parametrize("component", ALLOWED)
def test_a_component_may_do_its_part(component: str, released: Base) -> None:
    released.run(component, *ALLOWED[component])


@pytest.mark.parametrize(("component", "statement"), [(c, it) for c, them in FORBIDDEN.items() for it in them])
def test_a_component_may_do_no_more(component: str, statement: str, released: Base) -> None:
    with pytest.raises(DatabaseRefused, match=r"permission denied|must be owner"):
        released.run(component, statement)


def test_a_partition_that_ingest_makes_is_read_by_the_batch_itself(released: Base) -> None:
    """The batch reads leaves by ranges of rows, not through the table above them."""
    connection = database.connect(released.settings_of("ingest"), application="tests")
    connection.cursor().execute("select garantir_particao_eventos('2032-01-01')")
    connection.commit()
    connection.close()
    released.run("batch", "select count(*) from eventos_web_2032_01")


def test_a_user_that_is_missing_or_odd_is_refused() -> None:
    with pytest.raises(UsageError, match="no user of batch is named"):
        grants.statements({})
    with pytest.raises(UsageError, match="is no name of an IAM user"):
        grants.statements({**USERS, "batch": 'x"; drop schema public; --'})


def test_one_holds_the_lease_until_it_ends(base: Base) -> None:
    configuration = base.settings_of("release")
    with lease(configuration) as first, lease(configuration) as second:
        assert (first, second) == (True, False)
    with lease(configuration) as third:
        assert third


def test_an_ensure_beside_another_does_nothing(released: Base, dataproc: Server, where: Deployment) -> None:
    jobs, dataproc.jobs = dataproc.jobs, {}
    try:
        with lease(released.settings_of("release")):
            outcome = commands.ensured(released.settings_of("release"), where, Dataproc(where))
        assert outcome is Outcome.BUSY
        assert dataproc.jobs == {}
    finally:
        dataproc.jobs = jobs


def test_status_tells_whether_exactly_one_job_of_this_revision_runs(
    released: Base, dataproc: Server, where: Deployment
) -> None:
    ended = released.command(where, "streaming", "status")
    assert ended.stdout, ended.stderr
    (shown,) = json.loads(ended.stdout)
    assert (ended.returncode, shown["state"], shown["revision"]) == (0, "RUNNING", where.job.revision)
    dataproc.add("second", "0123456789ab", State.RUNNING)
    assert released.command(where, "streaming", "status").returncode == 1


def test_a_command_without_its_deployment_says_where_it_runs(base: Base, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DEPLOYMENT is not set: this command runs in the Cloud Run jobs"):
        deployments.load({})
    with pytest.raises(SettingsError, match=r"DEPLOYMENT: .*missing required field `region`"):
        deployments.load({"DEPLOYMENT": '{"project": "loja-1"}'})
