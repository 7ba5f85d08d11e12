"""Where rejected events go: a table that people browse and mend from, and a topic for machines."""

from collections.abc import Sequence

import msgspec

from contracts.broker import Message, Publisher
from contracts.database import Connection
from contracts.topology import REJECTED_TOPIC
from jobs.ingest.decoding import Rejected

# Pub/Sub's limit for the value of an attribute, in bytes.
_ATTRIBUTE_BYTES = 1024


def store(connection: Connection, rejected: Sequence[Rejected]) -> None:
    """Insert within the connection's transaction; a second delivery of a message changes nothing."""
    cursor = connection.cursor()
    for it in rejected:
        cursor.execute(
            "insert into eventos_rejeitados (topico, id_mensagem, publicado_em, codigo, campo, valor, regra, "
            "atributos, conteudo) values (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s) on conflict do nothing",
            (
                it.source.value,
                it.delivery.message_id,
                it.delivery.publish_time,
                it.rejection.code,
                _storable(it.rejection.field),
                _storable(it.rejection.value),
                _storable(it.rejection.rule),
                _storable(msgspec.json.encode(dict(it.delivery.attributes)).decode().replace("\\u0000", "\\ufffd")),
                it.delivery.payload,
            ),
        )


def publish(publisher: Publisher, rejected: Sequence[Rejected]) -> None:
    """Publish the payloads as they came, the reason in the attributes. Raises the broker's errors."""
    publisher.publish(
        REJECTED_TOPIC,
        [
            Message(
                it.delivery.payload,
                {
                    "codigo": it.rejection.code,
                    "motivo": _shortened(str(it.rejection)),
                    "topico": it.source.value,
                    "id_mensagem": it.delivery.message_id,
                    "publicado_em": it.delivery.publish_time.isoformat(),
                },
            )
            for it in rejected
        ],
    )


def _storable(text: str) -> str:
    """PostgreSQL's text cannot hold NUL, UTF-8 no lone surrogates."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _shortened(text: str) -> str:
    return _storable(text).encode()[:_ATTRIBUTE_BYTES].decode("utf-8", "ignore")
