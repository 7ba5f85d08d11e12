"""The schema's migrations, the shop's clock, requests and heartbeats, on a real Postgres."""

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import backlog, clock, control, database, heartbeat, migrate, settings, versions
from contracts.clock import ShopClock
from contracts.database import Connection
from contracts.errors import DatabaseRefused, DatabaseRefusedData, DatabaseUnavailable, TerminalError, UsageError
from contracts.heartbeat import Heartbeat
from local.servers import StartedServers
from tests.integration.conftest import Shop, eventually


def schema(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that migrations make, without the times at which they ran."""
    ours = "('public', 'operacao', 'metricas')"
    queries = {
        "columns": "select table_schema, table_name, column_name, ordinal_position, data_type, is_nullable, "
        f"column_default from information_schema.columns where table_schema in {ours} order by 1, 2, 4",
        "constraints": "select table_schema, table_name, constraint_name, constraint_type "
        f"from information_schema.table_constraints where table_schema in {ours} "
        # Until Postgres 18 those of NOT NULL are named after the table's number; columns say the same.
        "and constraint_name not like '%%\\_not\\_null' order by 1, 2, 3",
        "indexes": f"select schemaname, indexname, indexdef from pg_indexes where schemaname in {ours} order by 1, 2",
        "functions": "select n.nspname::text, p.proname::text, p.prosrc from pg_proc p "
        f"join pg_namespace n on n.oid = p.pronamespace where n.nspname in {ours} order by 1, 2",
        "enums": "select t.typname::text, e.enumlabel::text from pg_enum e join pg_type t on t.oid = e.enumtypid "
        "order by 1, e.enumsortorder",
        "migrations": "select versao, nome, soma, aplicada_em from operacao.migracoes order by 1",
    }
    found = {name: database.rows(connection, query) for name, query in queries.items()}
    connection.rollback()
    return found


@pytest.fixture
def empty(servers: StartedServers, shop: Shop) -> Iterator[settings.Settings]:
    """The settings of a database without anything in it."""
    name = f"{shop.settings.postgres_database}_vazia"
    admin = database.connect(settings.load(servers.environment), application="tests")
    admin.autocommit = True
    admin.cursor().execute(f"create database {name}")
    yield settings.load({**shop.environment, "VITRINE_POSTGRES_DATABASE": name})
    admin.close()


class TestMigrations:
    def test_a_second_run_leaves_everything_alone(self, shop: Shop) -> None:
        before = schema(shop.connection)
        assert migrate.migrate(shop.connection) == []
        assert schema(shop.connection) == before
        assert [name for _, name, _, _ in before["migrations"]] == [it.name for it in migrate.available()]

    def test_two_migrators_at_once_make_one_schema(self, shop: Shop, empty: settings.Settings) -> None:
        applied: list[list[str]] = []
        failures: list[BaseException] = []
        start = threading.Barrier(3)

        def work() -> None:
            try:
                own = database.connect(empty, application="tests-migrate")
                start.wait(30)
                applied.append(migrate.migrate(own))
                own.close()
            except BaseException as error:  # noqa: BLE001 - carried to the test's thread
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert failures == []
        # One did everything, the others waited and found nothing left.
        assert sorted(applied) == [[], [], [it.name for it in migrate.available()]]
        connection = database.connect(empty, application="tests")
        made, expected = schema(connection), schema(shop.connection)
        connection.close()
        for name in set(made) - {"migrations"}:
            assert made[name] == expected[name]

    def test_are_numbered_one_after_the_other(self) -> None:
        assert [it.version for it in migrate.available()] == list(range(1, len(migrate.available()) + 1))

    def test_an_applied_one_that_was_changed_is_refused_by_name(self, shop: Shop) -> None:
        shop.connection.cursor().execute("update operacao.migracoes set soma = 'outra' where versao = 1")
        shop.connection.commit()
        message = "0001_fontes.sql was changed after it had been applied: undo the change and add a new migration"
        for look in (migrate.migrate, migrate.require_current):
            with pytest.raises(TerminalError) as caught:
                look(shop.connection)
            shop.connection.rollback()
            assert str(caught.value) == message

    def test_a_database_newer_than_the_code_is_refused_by_name(self, shop: Shop) -> None:
        shop.connection.cursor().execute(
            "insert into operacao.migracoes (versao, nome, soma) values (9999, '9999_futuro.sql', 'x')"
        )
        shop.connection.commit()
        for look in (migrate.migrate, migrate.require_current):
            with pytest.raises(TerminalError, match=r"9999_futuro\.sql, which this code does not know"):
                look(shop.connection)
            shop.connection.rollback()

    def test_a_database_without_a_schema_says_how_to_make_it(self, empty: settings.Settings) -> None:
        connection = database.connect(empty, application="tests")
        with pytest.raises(TerminalError, match="no schema yet: run python -m contracts migrate"):
            migrate.require_current(connection)
        connection.close()

    def test_a_database_behind_the_code_names_what_it_lacks(self, shop: Shop) -> None:
        newest = migrate.available()[-1]
        shop.connection.cursor().execute("delete from operacao.migracoes where versao = %s", (newest.version,))
        shop.connection.commit()
        with pytest.raises(TerminalError, match=f"lacks {newest.name}: run python -m contracts migrate"):
            migrate.require_current(shop.connection)

    def test_one_that_fails_leaves_nothing_behind(
        self, empty: settings.Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad = migrate.Migration(9998, "9998_erro.sql", "create table metade (a int); select 1 / 0")
        every = [*migrate.available(), bad]
        monkeypatch.setattr(migrate, "available", lambda: every)
        connection = database.connect(empty, application="tests")
        with pytest.raises(DatabaseRefusedData, match="migrating the schema: division by zero"):
            migrate.migrate(connection)
        connection.rollback()
        assert database.rows(connection, "select to_regclass('metade'), to_regclass('transacoes_vendas')") == [
            (None, None)
        ]
        connection.close()


class TestConnections:
    def test_are_in_utc_and_carry_their_name(self, shop: Shop) -> None:
        assert shop.rows("select current_setting('timezone'), current_setting('application_name')") == [
            ("UTC", "vitrine-tests")
        ]

    @pytest.mark.parametrize(
        ("statement", "kind", "code"),
        [
            ("select 1 / 0", DatabaseRefusedData, "22012"),
            ("insert into operacao.controle values ('a', '{}', null)", DatabaseRefusedData, "23502"),
            ("select * from nenhuma", DatabaseRefused, "42P01"),
            ("selec", DatabaseRefused, "42601"),
            *(
                (f"do $$ begin raise 'x' using errcode = '{code}'; end $$", DatabaseUnavailable, code)
                for code in ("08006", "53300", "55P03", "57P01", "57P03", "40001", "40P01")
            ),
        ],
    )
    def test_failures_say_what_was_done_and_why_it_failed(
        self, shop: Shop, statement: str, kind: type[Exception], code: str
    ) -> None:
        with pytest.raises(kind, match=f"^looking: .*SQLSTATE {code}") as caught, database.translated("looking"):
            shop.connection.cursor().execute(statement)
        shop.connection.rollback()
        assert type(caught.value) is kind

    def test_a_connection_that_the_server_ended_is_transient(self, shop: Shop) -> None:
        victim = database.connect(shop.settings, application="victim")
        shop.rows("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'vitrine-victim'")
        with pytest.raises(DatabaseUnavailable), database.translated("looking"):
            victim.cursor().execute("select 1")

    def test_the_uri_for_the_bulk_reader_bears_odd_passwords(self) -> None:
        loaded = settings.load({"VITRINE_POSTGRES_PASSWORD": "a:b@c/d?e#f %"})
        assert database.libpq_uri(loaded) == ("postgresql://vitrine:a%3Ab%40c%2Fd%3Fe%23f%20%25@127.0.0.1:5432/vitrine")


class TestShopClock:
    def test_is_the_walls_where_nobody_made_one(self, shop: Shop) -> None:
        assert clock.read(shop.connection) == clock.WALL
        assert shop.rows("select count(*) from operacao.relogio") == [(0,)]

    def test_that_one_process_made_all_read(self, shop: Shop) -> None:
        made = clock.agree(shop.connection)
        assert made.is_live
        assert clock.read(shop.connection) == clock.agree(shop.connection) == made

    def test_changes_its_pace_without_a_jump(self, shop: Shop) -> None:
        before = clock.agree(shop.connection).now()
        fast = clock.agree(shop.connection, speed=1440.0)
        assert not fast.is_live
        assert fast.at(fast.wall_epoch) - before < dt.timedelta(seconds=30)
        assert clock.read(shop.connection) == fast
        slower = clock.agree(shop.connection, speed=60.0)
        assert slower.at(slower.wall_epoch) == fast.at(slower.wall_epoch)

    def test_that_ran_ahead_does_not_go_back_to_the_walls_pace(self, shop: Shop) -> None:
        fast = clock.agree(shop.connection, speed=1440.0)
        with pytest.raises(UsageError, match=r"this shop has run at speed 1440 .* RESET=1"):
            clock.agree(shop.connection, speed=1.0)
        assert clock.read(shop.connection) == fast

    def test_is_one_even_if_many_make_it_at_once(self, shop: Shop) -> None:
        made: list[ShopClock] = []

        def work() -> None:
            own = database.connect(shop.settings, application="tests-clock")
            made.append(clock.agree(own, speed=1440.0))
            own.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(made) == 4
        assert all(it == made[0] for it in made)


class TestRequests:
    def test_are_in_force_until_withdrawn(self, shop: Shop) -> None:
        control.request(shop.connection, control.PAUSE_SIMULATORS, {"motivo": "é"}, seconds=60)
        assert control.current(shop.connection) == {"simuladores.pausa": {"motivo": "é"}}
        control.withdraw(shop.connection, control.PAUSE_SIMULATORS)
        assert control.current(shop.connection) == {}

    @pytest.mark.parametrize("value", [True, 0, "texto", "5", None, [1, "a"], {"a": {"b": 1.5}}])
    def test_carry_any_json(self, shop: Shop, value: Any) -> None:
        control.request(shop.connection, "a", value, seconds=60)
        assert control.current(shop.connection) == {"a": value}

    def test_end_by_themselves_and_a_later_one_replaces_an_earlier(self, shop: Shop) -> None:
        control.request(shop.connection, "a", 1, seconds=60)
        control.request(shop.connection, "a", 2, seconds=60)
        assert control.current(shop.connection) == {"a": 2}
        control.request(shop.connection, "a", 3, seconds=0)
        assert control.current(shop.connection) == {}


class TestHeartbeat:
    def test_is_fresh_while_the_part_runs_and_says_when_it_stops(self, shop: Shop) -> None:
        with Heartbeat(shop.settings, "ingest", lambda: {"persistidos": 7}, pid=4242):
            [beat] = eventually(lambda: heartbeat.read(shop.connection), lambda it: len(it) == 1)
            assert (beat.part, beat.state, beat.data) == ("ingest", "ativo", {"persistidos": 7})
            assert "-4242-" in beat.instance
            assert beat.versions["vitrine"] == versions.code()
            assert beat.is_fresh
        [beat] = heartbeat.read(shop.connection)
        assert beat.state == "parado"
        assert not beat.is_fresh

    def test_who_replaces_the_emulator_tells_from_where_backlogs_count(self, shop: Shop) -> None:
        assert backlog.told_base(heartbeat.read(shop.connection)) == {}
        backlog.tell_base(shop.connection, {"eventos_web-persistencia": 3})
        backlog.tell_base(shop.connection, {"eventos_web-persistencia": 7})
        assert backlog.told_base(heartbeat.read(shop.connection)) == {"eventos_web-persistencia": 7}

    def test_survives_the_end_of_its_connection(self, shop: Shop) -> None:
        counted = iter(range(1_000))
        with Heartbeat(shop.settings, "ingest", lambda: {"n": next(counted)}):
            eventually(lambda: heartbeat.read(shop.connection), lambda it: len(it) == 1)
            shop.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'vitrine-heartbeat-ingest'"
            )
            seen = heartbeat.read(shop.connection)[0].data["n"]
            # At most one more was on its way.
            eventually(lambda: heartbeat.read(shop.connection)[0].data["n"], lambda it: it > seen + 1)
