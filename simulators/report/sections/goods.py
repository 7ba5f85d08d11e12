"""The catalogue: prices, popularity, stock."""

from simulators.report import formats, goods
from simulators.report.bars import Bar, Panel, Strip, bars, panels, strips
from simulators.report.charts import Axis, Box, Plot
from simulators.report.goods import Trace
from simulators.report.markup import joined
from simulators.report.observed import Observed
from simulators.report.sections import Card, Section, key

_REAIS = (10, 100, 1_000, 10_000)
_DRIFTING = 5


def section(seen: Observed) -> Section:
    """All about products."""
    return Section(
        "catalogo",
        "Catálogo",
        (
            (_prices(seen), _changes(seen)),
            (_popularity(seen), _sales(seen), _demand(seen)),
            (_drift(seen), _stocks(seen)),
        ),
    )


def _prices(seen: Observed) -> Card:
    found = goods.prices(seen)
    low, high = min(it.quantiles[0] for it in found), max(it.quantiles[-1] for it in found)
    horizontal = Axis(
        min(low, 12), max(high, 3_000), [(it, formats.short(it)) for it in (30, 100, 300, 1_000)], log=True
    )
    entries = [
        Strip(
            it.category,
            it.quantiles,
            it.documented_median,
            f"{it.category}: {formats.number(it.products)} produtos, mediana {formats.money(it.quantiles[2])} "
            f"(documentada {formats.money(it.documented_median)}), metade entre {formats.money(it.quantiles[1])} e "
            f"{formats.money(it.quantiles[3])}, 90 % entre {formats.money(it.quantiles[0])} e "
            f"{formats.money(it.quantiles[4])}",
        )
        for it in found
    ]
    caption = (
        "Reais, em escala logarítmica: faixas de 90 % e de 50 % dos produtos e mediana. Círculo: mediana documentada."
    )
    return Card("Preços por categoria", caption, strips("Preços por categoria", caption, entries, horizontal))


def _popularity(seen: Observed) -> Card:
    found = goods.popularity(seen)
    shares = [*found.views, *found.sold, *found.zipf]
    low = min(it for it in shares if it > 0)
    labels = [(10.0**-it, formats.percent(10.0**-it, max(it - 2, 0))) for it in range(1, 6) if 10.0**-it >= low]
    size = found.ranks[-1]
    plot = Plot(
        Axis(1, size, [(10.0**it, formats.number(10.0**it)) for it in range(6) if 10**it <= size], log=True),
        Axis(low * 0.8, max(shares) * 1.3, labels, log=True),
        Box(height=200, left=46),
    )
    plot.line(zip(found.ranks, found.zipf, strict=True), "documented")
    for name, amounts, kind, radius in (
        ("peças vendidas", found.sold, "second open", 2.4),
        ("páginas vistas", found.views, "main", 2.0),
    ):
        plot.dots(
            (
                (rank, share, f"{rank}º produto: {formats.percent(share, 3)} das {name}")
                for rank, share in zip(found.ranks, amounts, strict=True)
                if share > 0
            ),
            kind,
            radius,
        )
    caption = (
        f"Parte do k-ésimo produto, os dois eixos logarítmicos. O mais visto tem {formats.percent(found.views[0])} "
        f"das páginas, Zipf dá {formats.percent(found.zipf[0])}."
    )
    body = joined(
        key((("main", "vistas num momento"), ("second open", "vendidas no período"), ("documented", "Zipf, s = 0,95"))),
        plot.svg("Popularidade por posição", caption),
    )
    return Card("Popularidade", caption, body)


def _demand(seen: Observed) -> Card:
    found = goods.demand(seen)
    sold, fallen = found.sold, found.fallen
    low = 0.1
    high = max(*sold, *fallen, 1.0) * 1.5
    labels = [(10.0**it, formats.trimmed(10.0**it)) for it in range(-1, 5) if 10.0**it <= high]
    plot = Plot(Axis(low, high, labels, log=True), Axis(low, high, labels, log=True), Box(height=196))
    plot.line([(low, low), (high, high)], "documented")
    plot.dots(
        (
            (a, b, f"{name}: vende {formats.number(a, 1)} por dia, o estoque cai {formats.number(b, 1)}")
            for name, a, b in zip(found.names, sold, fallen, strict=True)
        ),
        "main soft",
        1.6,
    )
    caption = (
        "Cada ponto é um produto: peças vendidas por dia (horizontal) e peças que o estoque perde por dia (vertical). "
        f"Na linha seriam iguais; no produto mediano o estoque cai {formats.number(found.median_ratio)} vezes o que "
        "se vende."
        if found.median_ratio >= 2
        else "Cada ponto é um produto: peças vendidas por dia (horizontal) e peças que o estoque perde por dia "
        "(vertical). Na linha seriam iguais."
    )
    return Card("Estoque e vendas", caption, plot.svg("Queda do estoque e vendas por produto", caption))


def _sales(seen: Observed) -> Card:
    found = goods.sales(seen)
    entries = [
        Bar(
            it.category,
            it.revenue,
            it.products,
            f"{formats.percent(it.revenue)} · {formats.percent(it.pieces)}",
            f"{it.category}: {formats.percent(it.revenue)} da receita, {formats.percent(it.pieces)} das peças, "
            f"{formats.percent(it.products)} dos produtos",
        )
        for it in found
    ]
    caption = "Parte da receita (barra), à direita também das peças vendidas. Traço: parte dos produtos do catálogo."
    title = "Receita por categoria"
    return Card(title, caption, bars(title, caption, entries, left=130, right=104))


def _drift(seen: Observed) -> Card:
    found = goods.drift(seen, _DRIFTING)
    entries = []
    for it in found:
        best, worst = min(it.values), max(it.values)
        # The first on top: a place grows as the rank falls.
        vertical = Axis(1 / (worst * 1.15), 1 / best, [(1 / best, f"{best:g}º"), (1 / worst, f"{worst:g}º")], log=True)
        points = [(day, 1 / rank) for day, rank in zip(it.days, it.values, strict=True)]
        entries.append(Panel(f"{it.name}, hoje {it.values[-1]:g}º", points, vertical, it.name, is_stepped=False))
    caption = (
        "Posição na procura dos produtos populares que mais sobem e descem, em escala logarítmica; em cima, a melhor."
    )
    days = _days(seen, found[0].days[0])
    return Card("Sobe e desce", caption, panels("Posição de alguns produtos no tempo", caption, entries, days))


def _stocks(seen: Observed) -> Card:
    found = goods.stocks(seen)
    entries = []
    for it in found:
        empty = sum(value == 0 for value in it.values) / len(it.values)
        most = max(it.values)
        vertical = Axis(0, most or 1, [(0, "0"), (most, formats.number(most))])
        words = f"esgotado {formats.percent(empty, 0)} do tempo" if empty else "nunca esgotado"
        entries.append(
            Panel(
                f"{it.name}, {words}", list(zip(it.days, it.values, strict=True)), vertical, it.name, is_stepped=False
            )
        )
    caption = (
        f"Peças de quatro produtos: o mais procurado, o que mais falta, um mediano e o último. "
        f"Traço grosso: esgotado. Em média falta {formats.percent(goods.sold_out(seen))} do catálogo."
    )
    return Card(
        "Estoque", caption, panels("Estoque de alguns produtos", caption, entries, _days(seen, found[0].days[0]))
    )


def _changes(seen: Observed) -> Card:
    found = goods.price_changes(seen, 5)
    entries = [_price_panel(it) for it in found]
    caption = "O produto mais procurado de cinco categorias: preço próprio, oferta, reajuste."
    return Card(
        "Preço no tempo", caption, panels("Preço de alguns produtos", caption, entries, _days(seen, found[0].days[0]))
    )


def _price_panel(trace: Trace) -> Panel:
    low, high = min(trace.values), max(trace.values)
    around = max((high - low) * 0.15, 1.0)
    vertical = Axis(low - around, high + around, [(it, formats.money(it, 0)) for it in sorted({low, high})])
    points = list(zip(trace.days, trace.values, strict=True))
    return Panel(f"{trace.name}, {trace.category}", points, vertical, trace.name, is_stepped=True)


def _days(seen: Observed, first: float) -> Axis:
    """Time up to the end with some dates."""
    dates = [(first * part / 3, f"{goods.day_of(seen, first * part / 3):%d/%m}") for part in (3, 2, 1, 0)]
    return Axis(first, 0, dates)
