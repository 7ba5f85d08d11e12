"""One pane against Postgres: literal figures in, findings out."""

from contracts.panes import Dimension, Measures
from jobs.reconcile.comparing import Finding, Place, Source, State, compare, compare_distinct
from jobs.reconcile.deltas import Figures, between
from jobs.reconcile.explaining import Reason, Suspect

HOUR = Place(Source.REDIS, 3600, 1_780_315_200)
TOTAL, PAYMENT, UF, SEGMENT, CATEGORY, PRODUCT = (
    Dimension.TOTAL, Dimension.PAYMENT, Dimension.UF, Dimension.SEGMENT, Dimension.CATEGORY, Dimension.PRODUCT,
)  # fmt: skip


def one_order(
    centavos: int = 1000, uf: str = "SP", segment: str = "VIP", category: str = "Livros"
) -> dict[Dimension, dict[str, Measures]]:
    sold = Measures(bruta=centavos, pedidos=1)
    return {
        TOTAL: {"": Measures(bruta=centavos, pedidos=1, unidades=1)},
        PAYMENT: {"pix": sold},
        UF: {uf: sold},
        SEGMENT: {segment: sold},
        CATEGORY: {category: Measures(bruta=centavos, unidades=1)},
        PRODUCT: {"p1": Measures(bruta=centavos, unidades=1)},
    }


def added(*orders: Figures) -> dict[Dimension, dict[str, Measures]]:
    result: dict[Dimension, dict[str, Measures]] = {}
    for it in orders:
        for dimension, keys in it.items():
            sums = result.setdefault(dimension, {})
            for key, measures in keys.items():
                sums[key] = sums.get(key, Measures()) + measures
    return result


def suspect(identity: str, reason: Reason, here: Figures, there: Figures) -> Suspect:
    return Suspect(identity, identity, reason, 0, between(here, there))


def states(findings: list[Finding]) -> dict[tuple[str, str], State]:
    return {(it.dimension, it.key): it.state for it in findings}


def test_what_agrees_has_no_findings() -> None:
    assert compare(HOUR, one_order(), one_order(), []) == []


def test_a_late_order_explains_every_key_that_lacks_it_by_its_id() -> None:
    late = suspect("late", Reason.LATE, one_order(250), {})
    findings = compare(HOUR, added(one_order(), one_order(250)), one_order(), [late])
    assert {it.state for it in findings} == {State.EXPLAINED}
    assert {it.dimension for it in findings} == {"total", "metodo_pagamento", "uf", "segmento", "categoria", "produto"}
    total = next(it for it in findings if it.dimension == "total")
    assert total == Finding(
        source=Source.REDIS,
        seconds=3600,
        start=1_780_315_200,
        dimension="total",
        key="",
        state=State.EXPLAINED,
        expected={"bruta": 1250, "pedidos": 2, "unidades": 2},
        found={"bruta": 1000, "pedidos": 1, "unidades": 1},
        reasons=(Reason.LATE,),
        identities=("late",),
    )


def test_an_order_that_nobody_called_late_is_not_explained_and_named_with_both_figures() -> None:
    findings = compare(HOUR, added(one_order(), one_order(250)), one_order(), [])
    assert set(states(findings).values()) == {State.UNEXPLAINED}
    pix = next(it for it in findings if it.dimension == "metodo_pagamento")
    assert (pix.key, dict(pix.expected), dict(pix.found)) == (
        "pix", {"bruta": 1250, "pedidos": 2}, {"bruta": 1000, "pedidos": 1},
    )  # fmt: skip
    assert (pix.reasons, pix.identities) == ((), ())


def test_more_in_the_panes_than_in_postgres_is_never_late() -> None:
    late = suspect("late", Reason.LATE, one_order(250), {})
    findings = compare(HOUR, one_order(), added(one_order(), one_order(250)), [late])
    assert set(states(findings).values()) == {State.UNEXPLAINED}


def test_a_young_customer_explains_state_and_segment_and_nothing_else() -> None:
    before = one_order(uf="desconhecido", segment="desconhecido")
    young = suspect("young", Reason.RECENT_CUSTOMER, one_order(), before)
    findings = compare(HOUR, one_order(), before, [young])
    assert states(findings) == {
        ("uf", "SP"): State.EXPLAINED,
        ("uf", "desconhecido"): State.EXPLAINED,
        ("segmento", "VIP"): State.EXPLAINED,
        ("segmento", "desconhecido"): State.EXPLAINED,
    }
    assert {it.identities for it in findings} == {("young",)}
    # The same in the total is another matter.
    wrong = {**before, TOTAL: {"": Measures(bruta=999, pedidos=1, unidades=1)}}
    assert states(compare(HOUR, one_order(), wrong, [young]))["total", ""] is State.UNEXPLAINED


def test_a_young_product_explains_category_and_product() -> None:
    before = one_order(category="Usados")
    young = suspect("young", Reason.RECENT_PRODUCT, one_order(), before)
    findings = compare(HOUR, one_order(), before, [young])
    assert states(findings) == {
        ("categoria", "Livros"): State.EXPLAINED,
        ("categoria", "Usados"): State.EXPLAINED,
    }
    assert {it.reasons for it in findings} == {(Reason.RECENT_PRODUCT,)}


def test_late_and_young_together_are_told_apart() -> None:
    late = suspect("late", Reason.LATE, one_order(250), {})
    young = suspect("young", Reason.RECENT_CUSTOMER, one_order(), one_order(uf="RJ"))
    expected = added(one_order(), one_order(250))
    findings = compare(HOUR, expected, one_order(uf="RJ"), [late, young])
    assert set(states(findings).values()) == {State.EXPLAINED}
    by_place = {(it.dimension, it.key): it.identities for it in findings}
    assert by_place["total", ""] == ("late",)
    assert by_place["uf", "RJ"] == ("young",)
    assert by_place["uf", "SP"] == ("late", "young")


def test_a_late_order_beside_a_tampered_key_leaves_only_that_key_unexplained() -> None:
    late = suspect("late", Reason.LATE, one_order(250), {})
    found = {**one_order(), UF: {"SP": Measures(bruta=1007, pedidos=1)}}
    findings = compare(HOUR, added(one_order(), one_order(250)), found, [late])
    unexplained = [it for it in findings if it.state is State.UNEXPLAINED]
    assert [(it.dimension, it.key, dict(it.expected), dict(it.found)) for it in unexplained] == [
        ("uf", "SP", {"bruta": 1250, "pedidos": 2}, {"bruta": 1007, "pedidos": 1})
    ]


def test_a_late_order_is_recognised_where_visits_were_tampered_with() -> None:
    late = suspect("late", Reason.LATE, one_order(250), {})
    visits = {TOTAL: {"": Measures(eventos=5)}, Dimension.EVENT_TYPE: {"login": Measures(eventos=5)}}
    fewer = {TOTAL: {"": Measures(eventos=4)}, Dimension.EVENT_TYPE: {"login": Measures(eventos=4)}}
    expected = added(one_order(), one_order(250), visits)
    found = states(compare(HOUR, expected, added(one_order(), fewer), [late]))
    assert found["metodo_pagamento", "pix"] is State.EXPLAINED
    assert found["tipo_evento", "login"] is State.UNEXPLAINED
    assert found["total", ""] is State.UNEXPLAINED


def test_a_pane_that_is_not_there_is_missing_once_and_not_different_key_by_key() -> None:
    findings = compare(HOUR, added(one_order(), one_order(250, uf="RJ")), {}, [])
    assert [(it.dimension, it.key, it.state, dict(it.expected), dict(it.found)) for it in findings] == [
        ("total", "", State.MISSING, {"bruta": 1250, "pedidos": 2, "unidades": 2}, {})
    ]


def test_a_dimension_that_is_not_there_is_missing_once() -> None:
    found = {it: keys for it, keys in one_order().items() if it is not PRODUCT}
    assert states(compare(HOUR, one_order(), found, [])) == {("produto", ""): State.MISSING}


def test_a_pane_whose_only_event_was_late_is_explained_and_not_missing() -> None:
    late = suspect("late", Reason.LATE, one_order(), {})
    assert set(states(compare(HOUR, one_order(), {}, [late])).values()) == {State.EXPLAINED}


def test_distinct_counts_may_be_off_by_four_standard_errors() -> None:
    # 4 × 1.625 % of 10,000 is 650.
    assert compare_distinct(HOUR, {"visitantes": 10_000}, {"visitantes": 10_649.0}, 0) == []
    findings = compare_distinct(HOUR, {"visitantes": 10_000}, {"visitantes": 10_651.04}, 0)
    assert [(it.dimension, it.state, dict(it.expected), dict(it.found)) for it in findings] == [
        ("visitantes", State.UNEXPLAINED, {"distintos": 10_000}, {"distintos": 10_651.0})
    ]


def test_a_sketch_that_is_not_there_is_out_of_bounds_but_for_what_was_late() -> None:
    assert len(compare_distinct(HOUR, {"compradores": 2}, {}, 0)) == 1
    assert compare_distinct(HOUR, {"compradores": 2}, {}, 2) == []
