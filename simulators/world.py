"""What all shards share: the shop as it is at any moment, scenarios included."""

import numpy as np

from contracts.errors import UsageError
from contracts.events import Produto
from simulators import identity
from simulators.behaviour import Behaviour
from simulators.catalogue import FEWEST_ON_SHELF, Catalogue, Shelf, attractive
from simulators.customers import Customers
from simulators.scenarios import FLASH_SALE_RANKS, FLASH_SALE_VISITORS, Kind, Scenario, ScenarioLog
from simulators.seasons import Seasons


class World:
    """A shop that follows from a seed, and the scenarios it goes through.

    ``seasons`` is None where all times are alike.
    """

    def __init__(
        self,
        seed: int,
        catalogue: Catalogue,
        customers: Customers,
        behaviour: Behaviour,
        *,
        seasons: Seasons | None = None,
        scenarios: ScenarioLog | None = None,
    ) -> None:
        self.seed = seed
        self.catalogue = catalogue
        self.customers = customers
        self.behaviour = behaviour
        self.seasons = seasons
        self._numbers = {it: number for number, it in enumerate(catalogue.ids)}
        self.scenarios = ScenarioLog()
        if scenarios is not None:
            self.follow(scenarios)

    def follow(self, scenarios: ScenarioLog) -> None:
        """Go through other scenarios. Raises ``UsageError`` where one names a product that there is not."""
        for it in scenarios.scenarios:
            if it.product is not None and str(it.product) not in self._numbers:
                raise UsageError(f"scenario {it.kind}: product {it.product} is not in this shop's catalogue")
        self.scenarios = scenarios

    def price(self, product: int, time: int) -> int:
        """What a product costs at ``time``, in centavos."""
        centavos = self.catalogue.price(product, time)
        scenario = self.scenarios.at(time)
        if scenario.kind is Kind.FLASH_SALE and product == self.on_sale(scenario):
            return attractive(round(centavos * (100 - scenario.force) / 100))
        return centavos

    def product(self, product: int, time: int) -> Produto:
        """The catalogue's message of a product as it is at ``time``."""
        stock = int(self.catalogue.stocks(np.array([product]), np.array([time]))[0])
        if product in self.gone(self.scenarios.at(time)):
            stock = 0
        return self.catalogue.event(product, self.price(product, time), stock)

    def shelf(self, time: int) -> Shelf:
        """What shoppers see at about ``time``."""
        scenario = self.scenarios.at(time)
        shelf = self.catalogue.shelf(time, self.gone(scenario))
        if scenario.kind is Kind.FLASH_SALE:
            return shelf._replace(featured=self.on_sale(scenario), featuring=FLASH_SALE_VISITORS)
        return shelf

    def on_sale(self, scenario: Scenario) -> int:
        """The product of a flash sale: the one asked for, or one that follows from the seed."""
        if scenario.product is not None:
            return self._numbers[str(scenario.product)]
        least, most = (min(it, self.catalogue.size - 1) for it in FLASH_SALE_RANKS)
        rank = least + identity.key(self.seed, "oferta", scenario.begin) % (most - least + 1)
        return int(self.catalogue.ranking(scenario.begin)[rank])

    def gone(self, scenario: Scenario) -> tuple[int, ...]:
        """The products that a scenario has taken from the shelves."""
        if scenario.kind is not Kind.STOCK_OUT:
            return ()
        # Something must be left to sell.
        most = min(int(scenario.force), self.catalogue.size - FEWEST_ON_SHELF)
        return tuple(self.catalogue.ranking(scenario.begin)[:most].tolist())

    def touched(self, bound: int) -> set[int]:
        """The products whose price or stock changes when a scenario begins or ends at ``bound``."""
        found: set[int] = set()
        for scenario in (self.scenarios.at(bound - 1), self.scenarios.at(bound)):
            found.update(self.gone(scenario))
            if scenario.kind is Kind.FLASH_SALE:
                found.add(self.on_sale(scenario))
        return found
