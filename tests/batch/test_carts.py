from jobs.batch.metrics.carts import cart_abandonment, cart_conversion, funnel
from tests.batch.conftest import event, sale

# The run is on Wednesday 18 March 2026 at 15:00; a cart is idle after more than 30 minutes.


def filled(cart: int, when: str) -> list[dict]:
    """A cart made at a whole minute and something put into it in the same minute."""
    return [event(cart, when, cart=cart), event(cart, f"{when}:30", "adicionar", cart=cart)]


def outcomes(shop, events, sales=()):
    """vazios, abertos, abandonados, convertidos, recuperados of all carts."""
    (row,) = shop.rows(cart_abandonment, sales, events=events, kind="mes")
    assert row[1] == sum(row[2:6]), "every cart is one of the four"
    return row[2:]


def test_a_cart_is_open_until_it_has_rested_for_more_than_the_setting(shop):
    just_in_time = [event(1, "2026-03-18 14:29", cart=1), event(1, "2026-03-18 14:30", "adicionar", cart=1)]
    assert outcomes(shop, just_in_time) == (0, 1, 0, 0, 0)
    assert outcomes(shop, filled(1, "2026-03-18 14:29")) == (0, 0, 1, 0, 0)


def test_a_cart_without_an_item_is_never_abandoned(shop):
    assert outcomes(shop, [event(1, "2026-03-18 10:00", cart=1)]) == (1, 0, 0, 0, 0)
    assert outcomes(shop, [event(1, "2026-03-18 14:45", cart=1)]) == (0, 1, 0, 0, 0)


def test_an_order_converts_a_cart_whatever_became_of_it(shop):
    sales = [sale(1, "2026-03-18 10:05", 100, cart=1, cancelled=True)]
    assert outcomes(shop, filled(1, "2026-03-18 10:00"), sales) == (0, 0, 0, 1, 0)


def test_a_cart_that_rested_with_an_item_before_its_order_is_recovered(shop):
    sales = [sale(1, "2026-03-18 12:00", 100, cart=1), sale(2, "2026-03-18 10:31:00", 100, cart=2)]
    events = [
        *filled(1, "2026-03-18 10:00"),
        # Taken up again just before the order: it rested all the same.
        event(9, "2026-03-18 11:59", "checkout", cart=1),
        # 30 minutes and 30 seconds.
        *filled(2, "2026-03-18 10:00"),
        # Made early, filled late: nothing was left lying in it.
        event(3, "2026-03-18 09:00", cart=3),
        event(3, "2026-03-18 11:00", "adicionar", cart=3),
    ]
    assert outcomes(shop, events, [*sales, sale(3, "2026-03-18 11:05", 100, cart=3)]) == (0, 0, 0, 3, 2)


def test_events_after_the_order_are_no_rest_before_it(shop):
    events = [*filled(1, "2026-03-18 10:00"), event(1, "2026-03-18 12:00", "concluir", cart=1)]
    assert outcomes(shop, events, [sale(1, "2026-03-18 10:05", 100, cart=1)]) == (0, 0, 0, 1, 0)


def test_events_out_of_order_and_repeated_change_nothing(shop):
    in_order = [*filled(1, "2026-03-18 10:00"), event(1, "2026-03-18 10:20", "checkout", cart=1)]
    sales = [sale(1, "2026-03-18 10:40", 100, cart=1)]
    assert outcomes(shop, [*in_order[::-1], *in_order], sales) == outcomes(shop, in_order, sales) == (0, 0, 0, 1, 0)


def test_a_cart_with_orders_of_two_days_converts_once_with_the_first(shop):
    sales = [sale(2, "2026-03-18 10:00", 100, cart=1), sale(1, "2026-03-17 10:30", 100, cart=1)]
    # maduro, carrinhos, in an hour, in a day, in seven days, at all
    assert shop.rows(cart_conversion, sales, events=filled(1, "2026-03-17 10:00"), kind="dia") == [
        ("2026-03-17", False, 1, 1, 1, 1, 1),
        ("2026-03-18", False, 0, 0, 0, 0, 0),
    ]


def test_a_cart_belongs_to_the_day_it_was_made_however_late_its_order(shop):
    events = [*filled(1, "2026-03-01 23:59"), *filled(2, "2026-03-02 00:00"), *filled(3, "2026-03-02 12:00")]
    sales = [
        sale(1, "2026-03-02 00:59", 1, cart=1),
        sale(2, "2026-03-03 00:00", 1, cart=2),
        sale(3, "2026-03-18 09:00", 1, cart=3),
    ]
    days = shop.rows(cart_conversion, sales, events=events, kind="dia")
    assert days[:2] == [
        ("2026-03-01", True, 1, 1, 1, 1, 1),
        ("2026-03-02", True, 2, 0, 1, 1, 2),
    ]
    assert [day for day, matured, *_ in days if matured] == [f"2026-03-{it:02d}" for it in range(1, 11)]


def test_an_order_of_a_cart_that_nobody_saw_converts_nothing(shop):
    assert outcomes(shop, filled(1, "2026-03-18 10:00"), [sale(1, "2026-03-18 11:00", 100, cart=7)]) == (0, 0, 1, 0, 0)


def test_carts_without_any_order_have_periods_of_their_own(shop):
    assert shop.rows(cart_conversion, events=filled(1, "2026-03-17 10:00"), kind="dia") == [
        ("2026-03-17", False, 1, 0, 0, 0, 0),
        ("2026-03-18", False, 0, 0, 0, 0, 0),
    ]
    assert shop.rows(cart_conversion) == shop.rows(cart_abandonment) == shop.rows(funnel) == []


def test_a_visit_counts_once_for_each_step_on_the_day_it_began(shop):
    events = [
        event(1, "2026-03-16 23:50", "ver"),
        event(1, "2026-03-16 23:55", "ver"),
        event(1, "2026-03-17 00:05", "adicionar", cart=1),
        event(2, "2026-03-17 08:00", "pesquisa"),
        event(3, "2026-03-17 08:00", "checkout", cart=1),
        event(3, "2026-03-17 08:01", "concluir", cart=1),
    ]
    rows = shop.rows(funnel, events=events, kind="dia")
    assert {day: [count for at, _, _, count in rows if at == day] for day, *_ in rows} == {
        # visita, visualizacao_produto, adicionar_carrinho, checkout_iniciado, checkout_concluido
        "2026-03-16": [1, 1, 1, 0, 0],
        "2026-03-17": [2, 0, 0, 1, 1],
        "2026-03-18": [0, 0, 0, 0, 0],
    }
    assert [step for _, _, step, _ in rows[:5]] == [
        "visita", "visualizacao_produto", "adicionar_carrinho", "checkout_iniciado", "checkout_concluido",
    ]  # fmt: skip
