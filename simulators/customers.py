"""The shop's customers: who they are follows from a number, so none has to be kept in memory."""

import re
import unicodedata
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
from faker import Faker
from numpy.typing import NDArray

from contracts.events import Cliente, SegmentoCliente, Uf
from simulators import identity
from simulators.behaviour import EARLIER_ORDERS, LOYAL_ORDERS, RETURN_CLASSES, STATES, VIP_ORDERS
from simulators.moments import DAY, MINUTE, to_datetime

Integers = NDArray[np.int64]

_CLASS_SHARES = identity.cumulative([share for share, _visits in RETURN_CLASSES])
SEGMENTS = (SegmentoCliente.NOVO, SegmentoCliente.FIEL, SegmentoCliente.VIP)
STATE_CODES = tuple(Uf(it) for it in STATES)
COUNTRY = "Brasil"

_CITIES = {
    "SP": ("São Paulo", "Campinas", "Guarulhos", "Santos", "Ribeirão Preto", "Sorocaba"),
    "RJ": ("Rio de Janeiro", "Niterói", "Duque de Caxias", "Petrópolis"),
    "MG": ("Belo Horizonte", "Uberlândia", "Contagem", "Juiz de Fora"),
    "RS": ("Porto Alegre", "Caxias do Sul", "Pelotas"),
    "PR": ("Curitiba", "Londrina", "Maringá"),
    "SC": ("Florianópolis", "Joinville", "Blumenau"),
    "BA": ("Salvador", "Feira de Santana", "Vitória da Conquista"),
    "DF": ("Brasília",),
    "ES": ("Vitória", "Vila Velha", "Serra"),
    "GO": ("Goiânia", "Anápolis"),
    "PE": ("Recife", "Olinda", "Caruaru"),
    "CE": ("Fortaleza", "Juazeiro do Norte"),
    "PA": ("Belém", "Ananindeua"),
    "MT": ("Cuiabá", "Rondonópolis"),
    "MA": ("São Luís", "Imperatriz"),
    "MS": ("Campo Grande", "Dourados"),
    "PB": ("João Pessoa", "Campina Grande"),
    "RN": ("Natal", "Mossoró"),
    "PI": ("Teresina", "Parnaíba"),
    "AL": ("Maceió", "Arapiraca"),
    "SE": ("Aracaju",),
    "AM": ("Manaus",),
    "TO": ("Palmas", "Araguaína"),
    "RO": ("Porto Velho", "Ji-Paraná"),
    "AC": ("Rio Branco",),
    "AP": ("Macapá",),
    "RR": ("Boa Vista",),
}

# The customers of the opening registered over so many years before it, more and more of them: with the
# defaults about as many a day at the end as register in the history then.
_YEARS = 1
_YEAR = 365 * DAY
_POOL = 400
SHARDS = 64


class Customers:
    """The ``size`` customers that the shop has at its opening, by number, and what any customer's id says.

    Who somebody is, where they live and how often they come back follows from the id alone, so none of it
    has to be kept in memory. The last six bits of an id are the shard that looks after the customer.
    """

    def __init__(self, seed: int, size: int) -> None:
        self._seed = seed
        self.size = size
        self._id_key = identity.key(seed, "cliente")
        self._shares = identity.cumulative(list(STATES.values()))

    def registered_at(self, numbers: Integers, opening: int) -> Integers:
        """When each registered, for a shop that opens at ``opening``."""
        age = 1.0 - np.sqrt((numbers + 0.5) / self.size)
        return opening - MINUTE - (age * _YEARS * _YEAR).astype(np.int64)

    def id_bytes(self, numbers: Integers) -> NDArray[np.uint8]:
        """Their ids, as rows of 16 bytes."""
        return owned_by(identity.uuids(self._id_key, numbers), numbers % SHARDS)

    def states(self, ids: NDArray[np.uint8]) -> Integers:
        """The index into ``STATE_CODES`` of each customer's home, from the ids' bytes."""
        return identity.choose(self._shares, identity.unit(identity.mix(identity.low_words(ids))))

    def orders_before(self, numbers: Integers) -> Integers:
        """How many orders each of the opening's customers has placed before it."""
        ids = self.id_bytes(numbers)
        least, most = np.array(EARLIER_ORDERS).T[:, return_classes(ids)]
        chance = identity.unit(identity.mix(identity.low_words(ids) ^ np.uint64(identity.key("cliente", "pedidos"))))
        return np.asarray(least + (chance * (most - least + 1)).astype(np.int64), np.int64)

    def events(self, numbers: Integers, opening: int) -> list[Cliente]:
        """The opening's customers as they are when the shop opens."""
        orders = self.orders_before(numbers).tolist()
        registered = self.registered_at(numbers, opening).tolist()
        return self.describe(self.id_bytes(numbers), registered, [segment_after(it) for it in orders])

    def event(self, id_bytes: NDArray[np.uint8], registered: int, segment: SegmentoCliente) -> Cliente:
        """One customer, given as one row of id bytes."""
        return self.describe(id_bytes, [registered], [segment])[0]

    def describe(self, ids: NDArray[np.uint8], registered: list[int], segments: list[SegmentoCliente]) -> list[Cliente]:
        """Customers given by rows of id bytes, with when they registered and their segments."""
        first, last = name_pools(self._seed)
        words = identity.mix(identity.low_words(ids) + np.uint64(1)).tolist()
        flat = ids.tobytes()
        described = []
        for at, (word, state) in enumerate(zip(words, self.states(ids).tolist(), strict=True)):
            given, family, second = first[word % _POOL], last[word // 401 % _POOL], last[word // 160_801 % _POOL]
            cities = _CITIES[STATE_CODES[state]]
            # The first city is the state's largest: half live there.
            place = word // 64_481_201 % (2 * len(cities))
            described.append(
                Cliente(
                    id_usuario=UUID(bytes=flat[16 * at : 16 * at + 16]),
                    nome_usuario=f"{given} {family} {second}",
                    email_usuario=f"{_plain(given)}.{_plain(second)}{word % 10_000}@example.com",
                    data_cadastro=to_datetime(registered[at]),
                    segmento_cliente=segments[at],
                    cidade=cities[place] if place < len(cities) else cities[0],
                    estado=STATE_CODES[state],
                    pais=COUNTRY,
                )
            )
        return described


def owned_by(ids: NDArray[np.uint8], shards: NDArray[Any] | int) -> NDArray[np.uint8]:
    """The ids with their last six bits set to a shard; changes and returns ``ids``."""
    ids[:, 15] = (ids[:, 15] & 0xC0) | np.asarray(shards, np.uint8)
    return ids


def shard_of(ids: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The shard that looks after each of these customers, orders or carts."""
    return (ids[:, 15] & 0x3F).astype(np.int64)


def return_classes(ids: NDArray[np.uint8]) -> Integers:
    """The index into ``RETURN_CLASSES`` of each customer."""
    chance = identity.unit(identity.mix(identity.low_words(ids) ^ np.uint64(identity.key("cliente", "volta"))))
    return identity.choose(_CLASS_SHARES, chance)


def segment_after(orders: int) -> SegmentoCliente:
    """The segment of a customer who has placed so many orders."""
    if orders >= VIP_ORDERS:
        return SegmentoCliente.VIP
    return SegmentoCliente.FIEL if orders >= LOYAL_ORDERS else SegmentoCliente.NOVO


@cache
def name_pools(seed: int) -> tuple[list[str], list[str]]:
    """Given and family names as Faker draws them for Brazil; drawn once, because drawing one takes 0.1 ms."""
    faker = Faker("pt_BR", use_weighting=False)
    faker.seed_instance(seed)
    return [faker.first_name() for _ in range(_POOL)], [faker.last_name() for _ in range(_POOL)]


@cache
def _plain(name: str) -> str:
    """A name in the letters of an e-mail address."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]+", "", bare) or "cliente"
