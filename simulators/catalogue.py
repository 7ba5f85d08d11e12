"""The shop's products. Prices and stock are functions of seed and time: nobody has to remember them."""

from statistics import NormalDist
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contracts.events import Produto
from simulators import identity
from simulators.behaviour import DRIFT, DRIFT_DAYS, ZIPF_EXPONENT
from simulators.moments import DAY, MINUTE

Integers = NDArray[np.int64]


_MASK = 0xFFFFFFFFFFFFFFFF
_RANKING_LIFE = DAY // 4
_SHELF_LIFE = 10 * MINUTE
# A cart holds up to six different products.
FEWEST_ON_SHELF = 8


class Shelf(NamedTuple):
    """What shoppers see at some time: products by popularity, and those of them that can be bought.

    ``featured`` is a product that the share ``featuring`` of visitors came for; -1 for none.
    """

    ranking: Integers
    popularity: NDArray[np.float64]
    stocked: Integers
    demand: NDArray[np.float64]
    featured: int = -1
    featuring: float = 0.0

    def seen(self, chance: NDArray[np.float64]) -> Integers:
        """For each chance in [0, 1) a product to look at."""
        return np.asarray(self.ranking[identity.choose(self.popularity, chance)], np.int64)

    def bought(self, chance: NDArray[np.float64]) -> Integers:
        """For each chance in [0, 1) a product to put into a cart."""
        return np.asarray(self.stocked[identity.choose(self.demand, chance)], np.int64)


class Category(NamedTuple):
    """A category: its share of the products, its price's median in BRL and log-normal sigma.

    ``articles`` are what it sells, from the cheapest to the dearest.
    """

    name: str
    share: float
    median: float
    sigma: float
    articles: tuple[str, ...]


CATEGORIES = (
    Category("Moda", 18, 89, 0.55, ("Camiseta", "Bolsa", "Vestido", "Calça jeans", "Tênis casual", "Jaqueta")),
    Category("Casa e Decoração", 15, 95, 0.70, ("Luminária", "Cortina", "Panela", "Espelho", "Jogo de cama", "Tapete")),
    Category("Beleza e Saúde", 12, 58, 0.55, ("Shampoo", "Batom", "Hidratante", "Protetor solar", "Sérum", "Perfume")),
    Category("Eletrônicos", 9, 320, 0.75, ("Fone de ouvido", "Caixa de som", "Câmera", "Projetor", "Smart TV")),
    Category("Esportes", 8, 125, 0.65, ("Bola", "Halteres", "Mochila", "Tênis de corrida", "Barraca", "Bicicleta")),
    Category("Livros", 8, 46, 0.40, ("Livro infantil", "Romance", "Biografia", "Livro de receitas", "Atlas")),
    Category("Brinquedos", 7, 79, 0.60, ("Carrinho", "Quebra-cabeça", "Pelúcia", "Boneca", "Jogo de tabuleiro")),
    Category("Informática", 6, 340, 0.85, ("Mouse", "Teclado", "Roteador", "SSD", "Monitor", "Notebook")),
    Category("Pet Shop", 5, 68, 0.55, ("Coleira", "Brinquedo pet", "Ração", "Arranhador", "Cama para cães", "Aquário")),
    Category("Alimentos e Bebidas", 5, 42, 0.50, ("Chá", "Chocolate", "Café em grãos", "Azeite", "Vinho tinto")),
    Category(
        "Celulares", 4, 780, 0.70, ("Celular básico", "Smartwatch", "Tablet", "Smartphone", "Smartphone dobrável")
    ),
    Category(
        "Eletrodomésticos",
        3,
        620,
        0.75,
        ("Liquidificador", "Cafeteira", "Aspirador", "Micro-ondas", "Fogão", "Geladeira"),
    ),
)
# How far an article's place among its category's, cheapest first, follows from the price.
_ARTICLE_CORRELATION = 0.95
_LINES = (
    "Aurora",
    "Ipê",
    "Jatobá",
    "Maré",
    "Serra",
    "Cerrado",
    "Atlântica",
    "Sabiá",
    "Pampa",
    "Lume",
    "Brisa",
    "Horizonte",
)
# What a price may be of the product's own, in per cent: mostly itself, sometimes dearer or on offer.
_PERCENTS = (100, 100, 100, 100, 95, 90, 105, 108, 85, 112, 97, 70)


class Catalogue:
    """``size`` products, each known by its index; times are microseconds since 1970."""

    def __init__(self, seed: int, size: int, *, pieces_per_day: float = 1_400.0) -> None:
        """``pieces_per_day`` is about what the whole shop sells: its stocks are made for that."""
        self.size = size
        numbers = np.arange(size, dtype=np.uint64)
        self.id_bytes = identity.uuids(identity.key(seed, "produto"), numbers)
        self.ids = identity.texts(self.id_bytes)
        # For JSON; the last one stands for "no product".
        self.quoted = [*(f'"{it}"' for it in self.ids), "null"]

        def chance(what: str) -> NDArray[np.float64]:
            return identity.unit(identity.words(identity.key(seed, "produto", what), numbers))

        shares = identity.cumulative([it.share for it in CATEGORIES])
        self.category = identity.choose(shares, chance("categoria"))
        self.category_names = tuple(it.name for it in CATEGORIES)
        normal = NormalDist()
        # Away from 0 and 1, where the normal distribution's quantile is infinite.
        deviation, apart = (
            np.array([normal.inv_cdf(min(max(u, 1e-6), 1 - 1e-6)) for u in chance(what)])
            for what in ("preço", "artigo")
        )
        place = _ARTICLE_CORRELATION * deviation + (1 - _ARTICLE_CORRELATION**2) ** 0.5 * apart
        self._article = [normal.cdf(it) for it in place]
        medians = np.array([it.median for it in CATEGORIES])[self.category]
        sigmas = np.array([it.sigma for it in CATEGORIES])[self.category]
        reais = medians * np.exp(sigmas * deviation)
        self.base_centavos = np.array([attractive(round(100 * float(it))) for it in reais], np.int64)
        rank = np.empty(size, np.int64)
        rank[np.argsort(chance("popularidade"), kind="stable")] = np.arange(size)
        # The logarithm of a product's popularity goes up and down around its own.
        self._popularity = -ZIPF_EXPONENT * np.log(rank + 1.0)
        self._drift_period = DAY * (DRIFT_DAYS[0] + (DRIFT_DAYS[1] - DRIFT_DAYS[0]) * chance("moda"))
        self._drift_phase = chance("fase da moda")
        self._shares = 1.0 / np.arange(1, size + 1) ** ZIPF_EXPONENT
        self._cumulative = identity.cumulative(self._shares.tolist())
        self._rankings: dict[int, Integers] = {}
        self._shelves: dict[tuple[int, tuple[int, ...]], Shelf] = {}
        self._price_period = (DAY * (15 + 30 * chance("período"))).astype(np.int64)
        self._price_phase = (self._price_period * chance("fase")).astype(np.int64)
        self._price_key = identity.words(identity.key(seed, "produto", "reajuste"), numbers)
        self._stock_period = (DAY * (4 + 14 * chance("reposição"))).astype(np.int64)
        self._stock_phase = (self._stock_period * chance("fase do estoque")).astype(np.int64)
        # What is sold until the next delivery, and what is there for it: sometimes too little.
        self._demand = pieces_per_day * self._shares[rank] / self._shares.sum() * self._stock_period / DAY
        self._stock_most = np.maximum(self._demand * (0.9 + 0.6 * chance("estoque")), 2).astype(np.int64)
        self._name_key = identity.words(identity.key(seed, "produto", "nome"), numbers)
        self._cached: dict[int, tuple[int, int, int]] = {}

    def ranking(self, time: int) -> Integers:
        """The products by popularity at ``time``, the most popular first; it changes four times a day."""
        cell = time // _RANKING_LIFE
        if cell not in self._rankings:
            if len(self._rankings) > 3:
                del self._rankings[next(iter(self._rankings))]
            turns = cell * _RANKING_LIFE / self._drift_period + self._drift_phase
            popularity = self._popularity + DRIFT * np.sin(2 * np.pi * turns)
            self._rankings[cell] = np.argsort(-popularity, kind="stable")
        return self._rankings[cell]

    def shelf(self, time: int, gone: tuple[int, ...] = ()) -> Shelf:
        """What shoppers see at about ``time``; products in ``gone`` cannot be bought, nor those out of stock."""
        cell = time // _SHELF_LIFE
        if (cell, gone) not in self._shelves:
            if len(self._shelves) > 3:
                del self._shelves[next(iter(self._shelves))]
            ranking = self.ranking(time)
            stocked = self.stocks(ranking, np.full(self.size, cell * _SHELF_LIFE)) > 0
            here = ~np.isin(ranking, gone)
            stocked &= here
            if stocked.sum() < FEWEST_ON_SHELF:
                # A shop with hardly anything left sells what it gets in next.
                stocked = here
            demand = np.cumsum(self._shares[stocked])
            self._shelves[cell, gone] = Shelf(ranking, self._cumulative, ranking[stocked], demand / demand[-1])
        return self._shelves[cell, gone]

    def prices(self, products: Integers, times: Integers) -> Integers:
        """The price of each product at each time, in centavos."""
        version = (times - self._price_phase[products]) // self._price_period[products]
        mixed = identity.mix(self._price_key[products] + version.astype(np.uint64))
        percent = np.array(_PERCENTS, np.int64)[(mixed % np.uint64(len(_PERCENTS))).astype(np.int64)]
        raw = self.base_centavos[products] * percent // 100
        return np.asarray(np.maximum(raw // 100 * 100 + 90, 190), np.int64)

    def price(self, product: int, time: int) -> int:
        """The price of one product at ``time``, in centavos; the same as ``prices``."""
        cached = self._cached.get(product)
        if cached is not None and cached[0] <= time < cached[1]:
            return cached[2]
        period, phase = int(self._price_period[product]), int(self._price_phase[product])
        version = (time - phase) // period
        mixed = identity.mix_one((int(self._price_key[product]) + version) & _MASK)
        raw = int(self.base_centavos[product]) * _PERCENTS[mixed % len(_PERCENTS)] // 100
        centavos = attractive(raw)
        self._cached[product] = (phase + version * period, phase + (version + 1) * period, centavos)
        return centavos

    def price_changes(self, after: int, until: int) -> tuple[Integers, Integers]:
        """Products and moments in ``(after, until]`` at which a price is set anew, by time."""
        first = (after - self._price_phase) // self._price_period + 1
        last = (until - self._price_phase) // self._price_period
        counts = np.maximum(last - first + 1, 0)
        products = np.repeat(np.arange(self.size), counts)
        within = np.arange(len(products)) - np.repeat(np.cumsum(counts) - counts, counts)
        times = self._price_phase[products] + (first[products] + within) * self._price_period[products]
        order = np.argsort(times, kind="stable")
        return products[order], times[order]

    def stocks(self, products: Integers, times: Integers) -> Integers:
        """Pieces left of each product at each time: sold down, now and then to nothing, and replenished."""
        period = self._stock_period[products]
        cycle, elapsed = np.divmod(times - self._stock_phase[products], period)
        pace = 850 + (identity.mix(self._price_key[products] ^ cycle.astype(np.uint64)) % np.uint64(250)).astype(
            np.int64
        )
        sold = (self._demand[products] * pace / 1_000 * (elapsed / period)).astype(np.int64)
        return np.asarray(np.maximum(self._stock_most[products] - sold, 0), np.int64)

    def category_name(self, product: int) -> str:
        """The category of a product."""
        return self.category_names[int(self.category[product])]

    def name(self, product: int) -> str:
        """The product's name: article, line and model."""
        mixed = int(self._name_key[product])
        category = CATEGORIES[self.category[product]]
        article = category.articles[int(self._article[product] * len(category.articles))]
        return f"{article} {_LINES[mixed // 7 % len(_LINES)]} {100 + mixed // 97 % 900}"

    def description(self, product: int) -> str:
        """A line about the product."""
        return f"{self.name(product)}, da seção {self.category_name(product)}. Envio para todo o Brasil."

    def event(self, product: int, centavos: int, stock: int) -> Produto:
        """The product with a price and a stock."""
        return Produto(
            id_produto=UUID(self.ids[product]),
            nome_produto=self.name(product),
            descricao_produto=self.description(product),
            categoria=self.category_name(product),
            preco_unitario=centavos / 100,
            estoque_disponivel=stock,
        )


def attractive(centavos: int) -> int:
    """A shop's price: reais and 90 centavos, never below R$ 1,90."""
    return max(centavos // 100 * 100 + 90, 190)
