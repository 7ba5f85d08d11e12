"""The events of the four sources, and the one decoder that every consumer uses.

What ``decode`` accepts is final: consumers store and count it without a second check. What it
refuses raises ``Rejection``, which says field, value and rule.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from contracts.topology import Source

SCHEMA_VERSION = "1"
SCHEMA_VERSION_ATTRIBUTE = "schema_version"
PRODUCED_AT_ATTRIBUTE = "produced_at"

# Before this no shop of ours was open: such a time is a broken clock, and would make a pane and a
# partition of its own.
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
# NUMERIC(14,2) holds less than 10^12.
MONEY_LIMIT = 999_999_999_999.0
# How far from a whole number of centavos a float may lie and still be one: sums of floats are off by
# parts in 10^15 of themselves, a fourth decimal by 0.01.
_CENTAVO_TOLERANCE, _CENTAVO_TOLERANCE_RELATIVE = 1e-6, 1e-15
MOST_ITEMS = 1_000
_LARGEST_INT = 2_147_483_647

Money = Annotated[float, Meta(ge=0, le=MONEY_LIMIT)]
Quantity = Annotated[int, Meta(ge=1, le=_LARGEST_INT)]
Text = Annotated[str, Meta(max_length=500)]
LongText = Annotated[str, Meta(max_length=10_000)]
Name = Annotated[str, Meta(min_length=1, max_length=500)]


class MetodoPagamento(StrEnum):
    """How an order is paid."""

    CARTAO_CREDITO = "cartao_credito"
    BOLETO = "boleto"
    PIX = "pix"


class StatusPedido(StrEnum):
    """How far an order has come. The order of the members is the order of the merge: the highest wins."""

    PROCESSANDO = "processando"
    ENVIADO = "enviado"
    ENTREGUE = "entregue"
    CANCELADO = "cancelado"

    @property
    def rank(self) -> int:
        """0 for ``processando`` up to 3 for ``cancelado``."""
        return _RANKS[self]


_RANKS = {status: rank for rank, status in enumerate(StatusPedido)}


class TipoEvento(StrEnum):
    """What a shopper did."""

    VISUALIZACAO_PRODUTO = "visualizacao_produto"
    ADICIONAR_CARRINHO = "adicionar_carrinho"
    REMOVER_CARRINHO = "remover_carrinho"
    CARRINHO_CRIADO = "carrinho_criado"
    CHECKOUT_INICIADO = "checkout_iniciado"
    CHECKOUT_CONCLUIDO = "checkout_concluido"
    PESQUISA = "pesquisa"
    LOGIN = "login"


class SegmentoCliente(StrEnum):
    """The shop's own segments of its customers."""

    NOVO = "novo"
    FIEL = "fiel"
    VIP = "VIP"


class Uf(StrEnum):
    """The 26 states and the Federal District, by their two letters."""

    AC = "AC"
    AL = "AL"
    AM = "AM"
    AP = "AP"
    BA = "BA"
    CE = "CE"
    DF = "DF"
    ES = "ES"
    GO = "GO"
    MA = "MA"
    MG = "MG"
    MS = "MS"
    MT = "MT"
    PA = "PA"
    PB = "PB"
    PE = "PE"
    PI = "PI"
    PR = "PR"
    RJ = "RJ"
    RN = "RN"
    RO = "RO"
    RR = "RR"
    RS = "RS"
    SC = "SC"
    SE = "SE"
    SP = "SP"
    TO = "TO"


class Event(Struct, frozen=True, kw_only=True):
    """Base of the four: unknown extra fields of the message are left out, times are aware and UTC."""

    def __post_init__(self) -> None:
        for name in _TIME_FIELDS[type(self)]:
            _settle_time(self, name)


class TransacaoVenda(Event, frozen=True, kw_only=True):
    """One version of an order's transaction. ``valor_total_compra`` is the order's whole total in BRL."""

    id_transacao: UUID
    id_pedido: UUID
    id_usuario: UUID
    id_produto: Annotated[list[UUID], Meta(min_length=1, max_length=MOST_ITEMS)] | UUID
    quantidade_produto: Annotated[list[Quantity], Meta(min_length=1, max_length=MOST_ITEMS)] | Quantity
    valor_total_compra: Money
    data_compra: dt.datetime
    metodo_pagamento: MetodoPagamento
    status_pedido: StatusPedido
    id_carrinho: UUID | None = None
    data_status: dt.datetime | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.id_produto, list):
            force_setattr(self, "id_produto", [self.id_produto])
        if not isinstance(self.quantidade_produto, list):
            force_setattr(self, "quantidade_produto", [self.quantidade_produto])
        if len(self.produtos) != len(self.quantidades):
            raise _Broken(
                "listas_desiguais",
                "quantidade_produto",
                self.quantidades,
                f"must have as many entries as id_produto ({len(self.produtos)})",
            )
        _require_centavos("valor_total_compra", self.valor_total_compra)
        if self.data_status is None:
            force_setattr(self, "data_status", self.data_compra)

    @property
    def produtos(self) -> list[UUID]:
        """The products of the order, one for each entry of ``quantidades``."""
        assert isinstance(self.id_produto, list)
        return self.id_produto

    @property
    def quantidades(self) -> list[int]:
        """How many of each product."""
        assert isinstance(self.quantidade_produto, list)
        return self.quantidade_produto

    @property
    def total_centavos(self) -> int:
        """The order's total in integer centavos."""
        return round(self.valor_total_compra * 100)

    @property
    def status_em(self) -> dt.datetime:
        """When this status was reached: ``data_status``, or ``data_compra`` where it was not sent."""
        assert self.data_status is not None
        return self.data_status


class EventoWeb(Event, frozen=True, kw_only=True):
    """One thing a shopper did; ``id_usuario`` is null while not logged in."""

    id_evento: UUID
    id_sessao: UUID
    tipo_evento: TipoEvento
    timestamp_evento: dt.datetime
    id_usuario: UUID | None = None
    id_carrinho: UUID | None = None
    id_produto: UUID | None = None


class Produto(Event, frozen=True, kw_only=True):
    """One version of a product. A later one replaces it."""

    id_produto: UUID
    nome_produto: Name
    descricao_produto: LongText
    categoria: Name
    preco_unitario: Money
    estoque_disponivel: Annotated[int, Meta(ge=0, le=_LARGEST_INT)]

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("nome_produto", "descricao_produto", "categoria"):
            _require_storable(self, name)
        _require_centavos("preco_unitario", self.preco_unitario)

    @property
    def preco_centavos(self) -> int:
        """The price of one unit in integer centavos."""
        return round(self.preco_unitario * 100)


class Cliente(Event, frozen=True, kw_only=True):
    """One version of a customer. A later one replaces it."""

    id_usuario: UUID
    nome_usuario: Text
    email_usuario: Text
    data_cadastro: dt.datetime
    segmento_cliente: SegmentoCliente
    cidade: Text
    estado: Uf
    pais: Text

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("nome_usuario", "email_usuario", "cidade", "pais"):
            _require_storable(self, name)


AnyEvent = TransacaoVenda | EventoWeb | Produto | Cliente

EVENT_TYPES: dict[Source, type[Event]] = {
    Source.TRANSACTIONS: TransacaoVenda,
    Source.WEB_EVENTS: EventoWeb,
    Source.CATALOGUE: Produto,
    Source.CUSTOMERS: Cliente,
}

_TIME_FIELDS: dict[type, tuple[str, ...]] = {
    TransacaoVenda: ("data_compra", "data_status"),
    EventoWeb: ("timestamp_evento",),
    Produto: (),
    Cliente: ("data_cadastro",),
}

_DECODERS: dict[Source, msgspec.json.Decoder[Any]] = {
    source: msgspec.json.Decoder(it) for source, it in EVENT_TYPES.items()
}
# The values unread: an odd one in a field that is not ours must not matter.
_RAW_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = msgspec.json.Encoder()


class Rejection(ValueError):
    """Why a message fails the contract.

    ``code`` is one of a small fixed set that reports group by; ``field`` (dotted path, empty for the
    whole message), ``value`` (shortened text) and ``rule`` are for the person who mends it.
    """

    def __init__(self, code: str, field: str, value: object, rule: str) -> None:
        self.code = code
        self.field = field
        self.value = _shorten(value)
        self.rule = rule
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f"{self.field}={self.value}: " if self.field else ""
        return f"{self.code}: {where}{self.rule}"


class _Broken(ValueError):
    """A rule broken inside ``__post_init__``; carries what a ``Rejection`` needs."""

    def __init__(self, code: str, field: str, value: object, rule: str) -> None:
        super().__init__(rule)
        self.rejection = Rejection(code, field, value, rule)


def encode(event: AnyEvent) -> bytes:
    """The message's payload: JSON, UTF-8."""
    return _ENCODER.encode(event)


def decode(source: Source, payload: bytes, *, now: dt.datetime, future_skew: dt.timedelta) -> AnyEvent:
    """The event in ``payload``, complete and checked.

    ``now`` is the shop's now (aware). A time without an offset is taken as UTC. Raises ``Rejection``.
    """
    try:
        event: AnyEvent = _DECODERS[source].decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        event = _decode_slowly(source, payload, error)
    limit = now + future_skew
    for name in _TIME_FIELDS[type(event)]:
        moment = getattr(event, name)
        if moment > limit:
            raise Rejection("data_futura", name, moment.isoformat(), f"must not be later than {limit.isoformat()}")
    return event


def speaks(attributes: Mapping[str, str]) -> bool:
    """Whether a message's ``schema_version`` is ours; a missing one means ours."""
    return attributes.get(SCHEMA_VERSION_ATTRIBUTE, SCHEMA_VERSION) == SCHEMA_VERSION


def check_attributes(attributes: Mapping[str, str]) -> None:
    """Refuse a message whose ``schema_version`` we do not speak."""
    if not speaks(attributes):
        version = attributes[SCHEMA_VERSION_ATTRIBUTE]
        raise Rejection(
            "versao_desconhecida", SCHEMA_VERSION_ATTRIBUTE, version, f"must be {SCHEMA_VERSION!r} or absent"
        )


def produced_at(attributes: Mapping[str, str], publish_time: dt.datetime, *, latest: dt.datetime) -> dt.datetime:
    """When the producer made the message (UTC): its attribute, else the publish time.

    An attribute that cannot be read, or lies before any shop of ours or after ``latest``, counts as absent:
    a version from year 9999 would hide every later one.
    """
    moment = _parse_time(attributes.get(PRODUCED_AT_ATTRIBUTE))
    if moment is None or not EARLIEST <= moment <= latest:
        return publish_time
    return moment.astimezone(dt.UTC)


def json_schema(source: Source) -> dict[str, Any]:
    """JSON Schema (2020-12) of one source's messages."""
    schema = msgspec.json.schema(EVENT_TYPES[source])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": source.value, **schema}


def _settle_time(event: Event, name: str) -> None:
    """Make the time ``name`` aware and UTC, or raise ``_Broken``."""
    moment = getattr(event, name)
    if moment is None:
        return
    try:
        moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except OverflowError:
        # A local time at the very edge of the calendar, whose UTC lies outside it.
        moment = moment.replace(tzinfo=dt.UTC)
    if moment < EARLIEST:
        raise _Broken("data_antiga", name, moment.isoformat(), f"must not be before {EARLIEST.isoformat()}")
    force_setattr(event, name, moment)


def centavo_tolerance(hundredfold: Any) -> Any:
    """How far an amount in centavos, or each of an array of them, may lie from a whole number of them."""
    return _CENTAVO_TOLERANCE + _CENTAVO_TOLERANCE_RELATIVE * abs(hundredfold)


def are_centavos(value: float) -> bool:
    """Whether an amount in BRL has at most two decimals, as far as a float can tell."""
    return bool(abs(value * 100 - round(value * 100)) <= centavo_tolerance(value * 100))


def _require_centavos(name: str, value: float) -> None:
    if not are_centavos(value):
        raise _Broken("casas_decimais", name, value, "must have at most two decimals")


def _require_storable(event: Event, name: str) -> None:
    """PostgreSQL's text cannot hold the character NUL."""
    value = getattr(event, name)
    if "\0" in value:
        raise _Broken("caractere_nulo", name, value, "must not contain the character U+0000")


def _decode_slowly(source: Source, payload: bytes, error: Exception) -> AnyEvent:
    """Try once more with the ISO 8601 forms that the fast decoder does not know; else say what is wrong."""
    kind = EVENT_TYPES[source]
    document = _known_fields(kind, payload)
    rewritten = [name for name in _TIME_FIELDS[kind] if _parse_into(document, name)]
    if rewritten:
        try:
            event: Any = msgspec.convert(document, kind, builtin_types=(dt.datetime,))
        except msgspec.ValidationError as again:
            raise _rejection(document, again) from None
        return cast("AnyEvent", event)
    raise _rejection(document, error) from None


def _known_fields(kind: type[Event], payload: bytes) -> dict[str, Any]:
    """The fields of ``kind`` in ``payload``; what others hold is not looked at, here as in the fast decoder."""
    try:
        document = _RAW_DECODER.decode(payload)
    except msgspec.ValidationError:
        raise Rejection("json_invalido", "", payload, "must be one JSON object") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise Rejection("json_invalido", "", payload, f"must be one JSON object: {broken}") from None
    return {name: _value_of(name, document[name]) for name in kind.__struct_fields__ if name in document}


def _value_of(name: str, raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.ValidationError:
        raise Rejection("valor_invalido", name, bytes(raw), "must be a number that a double can hold") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise Rejection("json_invalido", name, bytes(raw), f"must be JSON: {broken}") from None


def _parse_into(document: dict[str, Any], name: str) -> bool:
    moment = _parse_time(document.get(name))
    if moment is None:
        return False
    document[name] = moment
    return True


def _parse_time(text: object) -> dt.datetime | None:
    """Any ISO 8601 form that Python reads, dates alone included; aware, UTC where no offset is given."""
    # Python lets pass any separator, and garbage after a NUL.
    if not isinstance(text, str) or not text.isascii() or not text.isprintable():
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
# At the beginning only: further on it may be the message's own words, quoted.
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")


def _rejection(document: dict[str, Any], error: BaseException) -> Rejection:
    if isinstance(error.__cause__, _Broken):
        return error.__cause__.rejection
    message = str(error)
    missing = _MISSING.match(message)
    if missing:
        return Rejection("campo_ausente", missing["name"], None, "is required")
    where = _PATH.search(message)
    path = where["path"] if where else ""
    rule = message[: where.start()] if where else message
    code = "valor_invalido" if rule.startswith("Invalid") or " >= " in rule or " <= " in rule else "tipo_errado"
    if rule.startswith("Invalid enum value"):
        rule = f"must be one of {', '.join(_ENUMS[path])}"
    return Rejection(code, path, _value_at(document, path), f"{rule[:1].lower()}{rule[1:]}")


_ENUMS: dict[str, type[StrEnum]] = {
    "metodo_pagamento": MetodoPagamento,
    "status_pedido": StatusPedido,
    "tipo_evento": TipoEvento,
    "segmento_cliente": SegmentoCliente,
    "estado": Uf,
}


def _value_at(document: Any, path: str) -> object:
    for step in re.findall(r"[^.\[\]]+", path):
        try:
            document = document[step] if isinstance(document, dict) else document[int(step)]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return document


def _shorten(value: object) -> str:
    try:
        text = value if isinstance(value, str) and value.isprintable() else repr(value)
    except RecursionError:
        text = f"a {type(value).__name__} nested too deeply to be shown"
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text)} characters)"
