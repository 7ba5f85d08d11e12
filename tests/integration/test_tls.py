"""Encrypted connections as Google's managed servers offer them, on real servers with certificates of our own."""

import asyncio
import datetime as dt
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contracts import bulk, database, live_store, migrate, settings
from contracts.errors import DatabaseUnavailable, LiveStoreRefused, LiveStoreUnavailable
from contracts.settings import Settings
from local.servers import start_all
from tests.integration.conftest import eventually


class Authority(NamedTuple):
    """Who signs certificates, and where its own one lies."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    path: Path


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _signed(subject: str, key: ec.EllipticCurvePrivateKey, issuer: Authority | None, *, authority: bool) -> bytes:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer.certificate.subject if issuer else _name(subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    signed = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def _authority(folder: Path, name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = _signed(name, key, None, authority=True)
    path = folder / f"{name}.pem"
    path.write_bytes(pem)
    return Authority(key, x509.load_pem_x509_certificate(pem), path)


def _server_certificate(folder: Path, authority: Authority, common: str) -> tuple[Path, Path]:
    """A certificate that names the server in its common name only, as Memorystore's does, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate, private = folder / "server.crt", folder / "server.key"
    certificate.write_bytes(_signed(common, key, authority, authority=False))
    private.touch(mode=0o600)
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    """The servers' own, and another."""
    folder = tmp_path_factory.mktemp("authorities")
    return _authority(folder, "of-the-instance"), _authority(folder, "of-another")


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Everything from one to the other, until either ends."""
    try:
        while received := await source.read(65_536):
            target.write(received)
            await target.drain()
    finally:
        target.close()


@contextmanager
def _terminated(certificate: Path, key: Path, host: str, port: int) -> Iterator[int]:
    """TLS in front of a server that has none, as the Redis of the wheel; the port to speak it to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(host, port)
        # A client may go without a word.
        await asyncio.gather(_carry(reader, to_server), _carry(from_server, writer), return_exceptions=True)

    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


class Encrypted(NamedTuple):
    """Where the encrypted Redis is, and its password."""

    port: int
    password: str


@pytest.fixture(scope="module")
def encrypted_redis(
    authorities: tuple[Authority, Authority], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Encrypted]:
    """A Redis with a password behind a certificate that has an address as its common name and nothing else."""
    folder = tmp_path_factory.mktemp("redis-tls")
    certificate, key = _server_certificate(folder, authorities[0], "10.1.2.3")
    with start_all(folder, only={"redis"}) as servers:
        redis = servers["redis"]
        with _terminated(certificate, key, redis.host, redis.port) as port:
            yield Encrypted(port, servers.environment["VITRINE_REDIS_PASSWORD"])


def _redis_settings(port: int, authority: Authority, password: str) -> Settings:
    return settings.load(
        {
            "VITRINE_REDIS_HOST": "127.0.0.1",
            "VITRINE_REDIS_PORT": str(port),
            "VITRINE_REDIS_TLS": "true",
            "VITRINE_REDIS_CA_CERTIFICATES": str(authority.path),
            "VITRINE_REDIS_PASSWORD": password,
        }
    )


def test_redis_is_reached_by_its_own_authority_though_its_certificate_has_only_a_common_name(
    encrypted_redis: Encrypted, authorities: tuple[Authority, Authority]
) -> None:
    client = live_store.connect(_redis_settings(encrypted_redis.port, authorities[0], encrypted_redis.password))
    with live_store.translated("writing"):
        client.set("vitrine:1:teste", b"1")
        assert client.get("vitrine:1:teste") == b"1"


def test_a_redis_of_another_authority_is_not_talked_to(
    encrypted_redis: Encrypted, authorities: tuple[Authority, Authority]
) -> None:
    client = live_store.connect(_redis_settings(encrypted_redis.port, authorities[1], encrypted_redis.password))
    with pytest.raises(LiveStoreUnavailable, match="CERTIFICATE_VERIFY_FAILED"), live_store.translated("writing"):
        client.ping()


def test_a_wrong_password_of_an_encrypted_redis_is_refused(
    encrypted_redis: Encrypted, authorities: tuple[Authority, Authority]
) -> None:
    client = live_store.connect(_redis_settings(encrypted_redis.port, authorities[0], "errado"))
    with (
        pytest.raises(LiveStoreRefused, match=r"invalid username-password|WRONGPASS"),
        live_store.translated("writing"),
    ):
        client.ping()


@pytest.fixture(scope="module")
def encrypted_postgres(
    authorities: tuple[Authority, Authority], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """A Postgres that takes encrypted connections only; the variables that lead to it."""
    folder = tmp_path_factory.mktemp("postgres-tls")
    with start_all(folder, only={"postgres"}) as servers:
        plain = settings.load({**os.environ, **servers.environment})
        connection = database.connect(plain, application="test")
        migrate.migrate(connection)
        (data,) = database.rows(connection, "select current_setting('data_directory')")[0]
        certificate, key = _server_certificate(folder, authorities[0], "loja-1:vitrine-1")
        connection.rollback()
        connection.autocommit = True
        cursor = connection.cursor()
        # Into the server's folder as whom it runs: a key of another user would be refused.
        owner = Path(data).stat()
        for source in (certificate, key):
            target = Path(data) / source.name
            target.touch(mode=0o600)
            target.write_bytes(source.read_bytes())
            os.chown(target, owner.st_uid, owner.st_gid)
        for name, value in (("ssl_cert_file", certificate.name), ("ssl_key_file", key.name), ("ssl", "on")):
            cursor.execute(f"alter system set {name} = '{value}'")
        rules = Path(data) / "pg_hba.conf"
        rules.write_text(rules.read_text("utf-8").replace("host ", "hostssl "), "utf-8")
        cursor.execute("select pg_reload_conf()")
        connection.close()
        yield servers.environment


def _postgres_settings(variables: dict[str, str], authority: Authority) -> Settings:
    return settings.load({**os.environ, **variables, "VITRINE_POSTGRES_ROOT_CERTIFICATE": str(authority.path)})


def _encrypted_through_pg8000(configuration: Settings) -> bool:
    """False until the server has read its new configuration."""
    try:
        connection = database.connect(configuration, application="test")
    except DatabaseUnavailable:
        return False
    try:
        return bool(database.rows(connection, "select ssl from pg_stat_ssl where pid = pg_backend_pid()")[0][0])
    finally:
        connection.close()


def test_postgres_is_reached_encrypted_by_both_drivers(
    encrypted_postgres: dict[str, str], authorities: tuple[Authority, Authority]
) -> None:
    configuration = _postgres_settings(encrypted_postgres, authorities[0])
    assert eventually(lambda: _encrypted_through_pg8000(configuration), bool)
    with bulk.connection(configuration, doing="reading") as opened, opened.cursor() as cursor:
        cursor.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
        assert cursor.fetchall() == [(True,)]


def test_a_postgres_of_another_authority_is_not_talked_to(
    encrypted_postgres: dict[str, str], authorities: tuple[Authority, Authority]
) -> None:
    right, wrong = (_postgres_settings(encrypted_postgres, it) for it in authorities)
    assert eventually(lambda: _encrypted_through_pg8000(right), bool)
    with pytest.raises(DatabaseUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        database.connect(wrong, application="test")
    with pytest.raises(DatabaseUnavailable, match="certificate verify failed"), bulk.connection(wrong, doing="reading"):
        pass
