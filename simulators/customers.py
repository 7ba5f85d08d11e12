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
from simulators.behaviour import STATES
from simulators.moments import DAY, to_datetime

Integers = NDArray[np.int64]

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

# The customers were `simulators_customers` on this day; half as many join every year. The first tenth
# came before that line begins, over ten years.
_REFERENCE = 1_767_225_600_000_000  # 2026-01-01
_YEAR = 365 * DAY
_FOUNDING = 10 * _YEAR
_POOL = 400
# Older customers buy more: of n customers by age the one at n * u^1.4 comes.
_LOYALTY = 1.4


class Customers:
    """Customers by number, oldest first. ``key_of`` a number is all that a profile needs."""

    def __init__(self, seed: int, size: int) -> None:
        self._seed = seed
        self._size = size
        self._interval = 2 * _YEAR // size
        self._id_key = identity.key(seed, "cliente")
        self._shares = identity.cumulative(list(STATES.values()))

    def registered_by(self, time: int) -> int:
        """How many have registered by ``time``; never fewer than the first tenth."""
        return max(self._size // 10, self._size + (time - _REFERENCE) // self._interval)

    def registered_at(self, numbers: Integers) -> Integers:
        """When each registered."""
        founders = self._size // 10
        line = _REFERENCE + (numbers - self._size) * self._interval
        first = _REFERENCE + (founders - self._size) * self._interval
        return np.where(numbers >= founders, line, first - (founders - numbers) * (_FOUNDING // founders))

    def pick(self, chance: NDArray[np.float64], count: NDArray[Any] | int) -> Integers:
        """For each chance in [0, 1) one of the oldest ``count`` customers, loyal ones more often."""
        return np.minimum((chance**_LOYALTY * count).astype(np.int64), np.asarray(count, np.int64) - 1)

    def id_bytes(self, numbers: Integers) -> NDArray[np.uint8]:
        """Their ids, as rows of 16 bytes."""
        return identity.uuids(self._id_key, numbers)

    def states(self, ids: NDArray[np.uint8]) -> Integers:
        """The index into ``STATE_CODES`` of each customer's home, from the ids' bytes."""
        return identity.choose(self._shares, identity.unit(identity.mix(identity.low_words(ids))))

    def segments(self, numbers: Integers, times: Integers) -> Integers:
        """The index into ``SEGMENTS`` of each at each time."""
        loyal, very = self._promotions(numbers)
        return (times >= loyal).astype(np.int64) + (times >= very)

    def promotions(self, count: int, after: int, until: int) -> tuple[Integers, Integers]:
        """Of the oldest ``count`` those whose segment changes in ``(after, until]``, and when; by time."""
        every = np.arange(count)
        loyal, very = self._promotions(every)
        numbers, times = np.concatenate([every, every]), np.concatenate([loyal, very])
        inside = (times > after) & (times <= until)
        numbers, times = numbers[inside], times[inside]
        order = np.argsort(times, kind="stable")
        return numbers[order], times[order]

    def _promotions(self, numbers: Integers) -> tuple[Integers, Integers]:
        """When each becomes ``fiel`` and ``VIP``; most never do (a time that does not come)."""
        mixed = identity.words(identity.key(self._seed, "cliente", "segmento"), numbers)
        standing = identity.unit(mixed)
        pace = identity.unit(identity.mix(mixed))
        registered = self.registered_at(numbers)
        never = np.int64(1 << 62)
        loyal = np.where(standing < 0.40, registered + ((30 + 200 * pace) * DAY).astype(np.int64), never)
        very = np.where(standing < 0.08, loyal + ((60 + 250 * pace) * DAY).astype(np.int64), never)
        return loyal, very

    def events(self, numbers: Integers, times: Integers) -> list[Cliente]:
        """These customers as they are at these times."""
        ids = self.id_bytes(numbers)
        segments = [SEGMENTS[it] for it in self.segments(numbers, times).tolist()]
        return self._describe(ids, self.registered_at(numbers).tolist(), segments)

    def event(self, id_bytes: NDArray[np.uint8], registered: int, segment: SegmentoCliente) -> Cliente:
        """One customer, given as one row of id bytes."""
        return self._describe(id_bytes, [registered], [segment])[0]

    def _describe(
        self, ids: NDArray[np.uint8], registered: list[int], segments: list[SegmentoCliente]
    ) -> list[Cliente]:
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
