import pytest

from contracts.panes import Dimension
from jobs.reconcile.deltas import Delta
from jobs.reconcile.explaining import Reason, Suspect, explain

TOTAL, UF, PRODUCT = Dimension.TOTAL, Dimension.UF, Dimension.PRODUCT


def late(identity: str, centavos: int, uf: str = "SP") -> Suspect:
    """An order that may be missing whole."""
    delta: Delta = {
        (TOTAL, "", "bruta"): centavos,
        (TOTAL, "", "pedidos"): 1,
        (UF, uf, "bruta"): centavos,
        (UF, uf, "pedidos"): 1,
    }
    return Suspect(identity, identity, Reason.LATE, 0, delta)


def moved(identity: str, centavos: int, here: str, there: str) -> Suspect:
    """An order that may be counted in another state."""
    delta: Delta = {
        (UF, here, "bruta"): centavos,
        (UF, here, "pedidos"): 1,
        (UF, there, "bruta"): -centavos,
        (UF, there, "pedidos"): -1,
    }
    return Suspect(identity, identity, Reason.RECENT_CUSTOMER, 0, delta)


def ids(found: list[Suspect] | None) -> list[str] | None:
    return None if found is None else sorted(it.identity for it in found)


def lacking(bruta: int, pedidos: int, uf: str = "SP") -> Delta:
    return {
        (TOTAL, "", "bruta"): bruta,
        (TOTAL, "", "pedidos"): pedidos,
        (UF, uf, "bruta"): bruta,
        (UF, uf, "pedidos"): pedidos,
    }


def test_what_does_not_differ_needs_nobody() -> None:
    assert explain({}, [late("a", 100)]) == []


def test_all_late_orders_together_explain_a_difference() -> None:
    assert ids(explain(lacking(600, 3), [late("a", 100), late("b", 200), late("c", 300)])) == ["a", "b", "c"]


def test_some_of_the_late_orders_explain_it_where_panes_have_the_others_already() -> None:
    suspects = [late("a", 100), late("b", 200), late("c", 300), late("d", 200, "RJ")]
    assert ids(explain(lacking(400, 2), suspects)) == ["a", "c"]


@pytest.mark.parametrize("difference", [lacking(401, 2), lacking(400, 3), lacking(-100, -1), lacking(100, 1, "RJ")])
def test_what_no_choice_of_orders_adds_up_to_is_not_explained(difference: Delta) -> None:
    assert explain(difference, [late("a", 100), late("b", 200), late("c", 300)]) is None


def test_one_of_a_hundred_late_orders_that_is_in_the_panes_already_is_found_out() -> None:
    suspects = [late(str(number), 1_000 + number * number) for number in range(100)]
    all_but_one = sum(1_000 + number * number for number in range(100) if number != 37)
    assert ids(explain(lacking(all_but_one, 99), suspects)) == sorted(str(it) for it in range(100) if it != 37)


def test_an_order_counted_elsewhere_explains_what_one_state_lacks_and_another_has() -> None:
    difference: Delta = {
        (UF, "SP", "bruta"): 500,
        (UF, "SP", "pedidos"): 1,
        (UF, "desconhecido", "bruta"): -500,
        (UF, "desconhecido", "pedidos"): -1,
    }
    suspects = [
        moved("a", 400, "SP", "desconhecido"),
        moved("b", 500, "SP", "desconhecido"),
        moved("c", 500, "SP", "RJ"),
    ]
    assert ids(explain(difference, suspects)) == ["b"]


def test_orders_that_move_never_explain_what_is_missing_altogether() -> None:
    difference: Delta = {(UF, "SP", "bruta"): 100}
    suspects = [moved(str(number), 100 * number, "SP", "RJ") for number in range(1, 40)]
    assert explain(difference, suspects) is None


def test_an_order_is_described_in_one_way_only() -> None:
    one, other = moved("a", 100, "SP", "RJ"), moved("a", 100, "SP", "MG")
    difference: Delta = {
        (UF, "SP", "bruta"): 200,
        (UF, "SP", "pedidos"): 2,
        (UF, "RJ", "bruta"): -100,
        (UF, "RJ", "pedidos"): -1,
        (UF, "MG", "bruta"): -100,
        (UF, "MG", "pedidos"): -1,
    }
    assert explain(difference, [one, other]) is None
    assert ids(explain(difference, [one, moved("b", 100, "SP", "MG")])) == ["a", "b"]


def test_only_the_asked_dimensions_count() -> None:
    assert explain(lacking(100, 1, "RJ"), [late("a", 100)]) is None
    assert ids(explain(lacking(100, 1, "RJ"), [late("a", 100)], (TOTAL,))) == ["a"]


def test_a_search_without_hope_comes_to_an_end() -> None:
    # Every subset of these has another sum, and none is the one asked for.
    suspects = [late(str(number), 3 << number) for number in range(40)]
    assert explain(lacking((1 << 40) + 1, 20), suspects) is None
