"""``contracts.allocation`` for many orders at once, and the catalogue's prices as of each purchase."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from contracts.allocation import allocate, item_weights
from contracts.panes import UNKNOWN

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int64]

# Products and sums of 64-bit integers are exact below this; floats find out whether they stay there.
_SAFE = 2.0**62


def share_totals(totals: Ints, first_items: Ints, prices: Ints, quantities: Ints) -> Ints:
    """Each item's share of its order's total; equal, order by order, to the rule of the contracts.

    ``first_items`` has the index of each order's first item, ``prices`` a centavo amount per item or
    -1 where the product is unknown. Every order has at least one item.
    """
    if len(totals) == 0:
        return np.zeros(0, np.int64)
    counts = np.diff(np.append(first_items, len(quantities)))
    unknown = np.repeat(np.logical_or.reduceat(prices < 0, first_items), counts)
    factors = np.where(unknown, 1, prices)
    estimate = np.add.reduceat(factors.astype(float) * quantities, first_items) * np.maximum(totals, 1)
    # Weights that overflow are replaced by 0 here: their orders are shared with Python's integers below.
    exact = np.repeat(estimate < _SAFE, counts)
    weights = np.where(exact, factors, 0) * np.where(exact, quantities, 0)
    sums = np.add.reduceat(weights, first_items)
    weightless = np.repeat(sums == 0, counts)
    weights = np.where(weightless, 1, weights)
    sums = np.repeat(np.where(sums == 0, counts, sums), counts)
    scaled = np.where(exact, np.repeat(totals, counts), 0) * weights
    shares: Ints = scaled // sums
    left_over = totals - np.add.reduceat(shares, first_items)
    _give_left_over(shares, scaled % sums, np.repeat(left_over, counts), counts)
    for order in np.flatnonzero(estimate >= _SAFE):
        items = slice(first_items[order], first_items[order] + counts[order])
        known = [int(it) if it >= 0 else None for it in prices[items]]
        weight = item_weights(known, quantities[items].tolist())
        shares[items] = allocate(int(totals[order]), weight)
    return shares


def _give_left_over(shares: Ints, remainders: Ints, left_over: Ints, counts: Ints) -> None:
    """Add the centavos left over to the largest remainders of each order, earlier items first; in place."""
    orders = np.repeat(np.arange(len(counts)), counts)
    # An order with nothing left over, such as one of a single item, needs no sorting.
    open_items = np.flatnonzero((left_over > 0) & (left_over < np.repeat(counts, counts)))
    ranked = open_items[np.lexsort((-remainders[open_items], orders[open_items]))]
    starts = np.flatnonzero(np.diff(orders[ranked], prepend=-1))
    lengths = np.diff(np.append(starts, len(ranked)))
    places = np.arange(len(ranked)) - np.repeat(starts, lengths)
    shares[ranked[places < left_over[ranked]]] += 1


class PriceHistory:
    """Price and category of every product at every moment, from the versions of the catalogue.

    Before a product's first version its first one holds.
    """

    def __init__(self, versions: "pa.Table") -> None:
        """``versions``: id_produto (16 bytes), produzido_em (µs), categoria, preco_centavos; any order."""
        import pyarrow as pa
        import pyarrow.compute as pc

        products = versions["id_produto"].combine_chunks().cast(pa.binary())
        self._products = pc.unique(products)
        codes = pc.index_in(products, self._products).to_numpy(zero_copy_only=False).astype(np.int64)
        moments = microseconds(versions["produzido_em"])
        order = np.lexsort((moments, codes))
        self._moments = np.unique(moments)
        self._keys = _keys(codes[order], np.searchsorted(self._moments, moments[order], side="right"))
        self._first = np.searchsorted(codes[order], np.arange(len(self._products)))
        self._prices = versions["preco_centavos"].to_numpy()[order].astype(np.int64)
        self.categories: list[str] = [*pc.unique(versions["categoria"]).to_pylist(), UNKNOWN]
        names = pa.array(self.categories)
        self._categories = pc.index_in(versions["categoria"].combine_chunks(), names).to_numpy()[order]

    def at(self, products: "pa.Array", moments: "pa.Array") -> tuple[Ints, Ints]:
        """Price in centavos (-1 when unknown) and position in ``categories`` for each product and moment."""
        import pyarrow.compute as pc

        if len(self._keys) == 0:
            return np.full(len(products), -1), np.zeros(len(products), np.int64)
        codes = pc.fill_null(pc.index_in(products, self._products), -1).to_numpy().astype(np.int64)
        ranks = np.searchsorted(self._moments, microseconds(moments), side="right")
        found = np.searchsorted(self._keys, _keys(codes, ranks), side="right") - 1
        found = np.maximum(found, self._first[codes])
        known = codes >= 0
        unknown_category = len(self.categories) - 1
        return np.where(known, self._prices[found], -1), np.where(known, self._categories[found], unknown_category)


def _keys(codes: Ints, ranks: Any) -> Ints:
    """Product and place in time as one number that sorts by both; there are less than 2^31 of each."""
    keys: Ints = np.left_shift(codes, 32) | ranks
    return keys


def microseconds(moments: Any) -> Ints:
    """Moments of Arrow as epoch microseconds."""
    import pyarrow as pa

    if isinstance(moments, pa.ChunkedArray):
        moments = moments.combine_chunks()
    integers = moments.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return np.asarray(integers.to_numpy(zero_copy_only=False), np.int64)
