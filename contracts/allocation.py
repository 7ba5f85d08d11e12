"""How an order's total is shared among its items, to the centavo, live and in history alike."""

from collections.abc import Sequence


def allocate(total_centavos: int, weights: Sequence[int]) -> list[int]:
    """Shares of ``total_centavos`` in proportion to ``weights``; they always add up to the total.

    Each share is its exact proportion rounded down; the centavos left over go one each to the
    largest remainders, the earlier position first where remainders are equal. Weights that are all 0
    count as all 1. Total and weights are not negative and may be of any size: the arithmetic is exact.

    Raises ``ValueError`` for a negative total or weight, or for no weights.
    """
    if total_centavos < 0 or not weights or min(weights) < 0:
        raise ValueError(f"cannot allocate {total_centavos} centavos by {list(weights)}: all must be 0 or more")
    if len(weights) == 1:
        return [total_centavos]
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    shares, remainders = [], []
    for weight in weights:
        share, remainder = divmod(total_centavos * weight, whole)
        shares.append(share)
        remainders.append(remainder)
    left_over = total_centavos - sum(shares)
    # The sort is stable: equal remainders stay in the order of their positions.
    for position in sorted(range(len(weights)), key=lambda it: -remainders[it])[:left_over]:
        shares[position] += 1
    return shares


def item_weights(prices_centavos: Sequence[int | None], quantities: Sequence[int]) -> list[int]:
    """What each item of an order weighs: catalogue price × quantity, prices as of the purchase.

    Where the price of any item is unknown (None), all weigh by quantity alone: a price and a bare
    count do not compare.
    """
    priced = [
        price * quantity for price, quantity in zip(prices_centavos, quantities, strict=True) if price is not None
    ]
    return priced if len(priced) == len(quantities) else list(quantities)
