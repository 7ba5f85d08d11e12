"""The page: one HTML file with everything in it, for light and dark, wide and narrow."""

import datetime as dt
from importlib.resources import files

from simulators.moments import SECOND
from simulators.report import formats
from simulators.report.figures import Figure, Group, Unit, headline
from simulators.report.markup import NOTHING, Markup, element, escaped
from simulators.report.observed import Observed
from simulators.report.sections import Card, Section, calendar, goods, key, people, purchases


def render(seen: Observed) -> str:
    """The whole file."""
    groups = headline(seen)
    sections = (calendar.section(seen), purchases.section(seen), goods.section(seen), people.section(seen))
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        element("title", escaped("Retrato da loja · Vitrine")),
        element("style", Markup(style)),
    )
    body = element(
        "body",
        _header(seen, groups),
        element("main", _figures(groups), *(_section(it) for it in sections)),
        _footer(seen),
    )
    return f'<!doctype html>\n<html lang="pt-BR">{head}{body}</html>\n'


def _header(seen: Observed, groups: tuple[Group, ...]) -> Markup:
    story, orders = seen.story, seen.orders
    until = dt.datetime.fromtimestamp(story.until / SECOND, story.zone)
    facts = (
        f"{formats.date(story.date(0))} a {formats.date(until.date())}",
        f"{formats.number(story.days)} dias",
        f"{formats.number(seen.world.catalogue.size)} produtos",
        f"{formats.number(len(seen.opening) + len(seen.registered))} clientes",
        f"semente {seen.world.seed}",
    )
    figures = {it.name: it for group in groups for it in group.figures}
    tiles = (
        ("Pedidos", formats.number(len(orders.bought)), "em todo o período"),
        ("Receita", formats.money_short(round(int(orders.total.sum()) / 100, -5)), "cancelados incluídos"),
        *((name, _value(figures[name]), figures[name].note) for name in ("Conversão", "Abandono", "Valor médio")),
    )
    return element(
        "header",
        element("p", escaped("Vitrine · simuladores"), class_="kicker"),
        element("h1", escaped("Retrato da loja")),
        element("p", escaped(" · ".join(facts)), class_="facts"),
        element(
            "dl",
            *(
                element(
                    "div",
                    element("dt", escaped(a)),
                    element("dd", escaped(b)),
                    element("dd", escaped(c), class_="note"),
                )
                for a, b, c in tiles
            ),
            class_="tiles",
        ),
        _verdict(groups),
        key((("main", "medido"), ("documented", "documentado"))),
    )


def _verdict(groups: tuple[Group, ...]) -> Markup:
    """The page in a sentence: how many figures are where the documents say."""
    judged = [it for group in groups for it in group.figures if it.is_met is not None]
    off = [it for it in judged if not it.is_met]
    if off:
        names = ", ".join(it.name for it in off)
        text, kind, sign = f"{len(off)} de {len(judged)} números fora do documentado: {names}.", "off", "!"
    else:
        text, kind, sign = f"Os {len(judged)} números com alvo estão dentro do documentado.", "met", "✓"
    return element("p", element("b", escaped(sign), aria_hidden="true"), escaped(f" {text}"), class_=f"verdict {kind}")


def _figures(groups: tuple[Group, ...]) -> Markup:
    return element(
        "section",
        element("h2", escaped("Números")),
        element(
            "p",
            element("span", escaped("Régua: a diferença (ponto) e a tolerância (faixa). "), class_="of-ruler"),
            escaped(
                "Tolerância: quatro erros-padrão, ou o que está na nota do número. Diferenças entre porcentagens são "
                "pontos percentuais."
            ),
            class_="lead",
        ),
        element("div", *(_group(it) for it in groups), class_="grid figures"),
        id="numeros",
    )


def _group(group: Group) -> Markup:
    head = element(
        "tr",
        *(element("th", escaped(it), scope="col") for it in (group.name, "medido", "alvo", "diferença")),
    )
    return element(
        "article",
        element("table", element("thead", head), element("tbody", *(_figure(it) for it in group.figures))),
        class_="card",
    )


def _figure(figure: Figure) -> Markup:
    target = figure.target
    source = f"{figure.note}. Alvo: {target.source}" if target is not None else figure.note
    return element(
        "tr",
        element("th", escaped(figure.name), scope="row", title=source),
        element("td", escaped(_value(figure)), class_="measured"),
        element("td", escaped(_target(figure))),
        element("td", _judged(figure)),
    )


def _judged(figure: Figure) -> Markup:
    difference = figure.difference
    if difference is None:
        return element("span", escaped("sem alvo"), class_="quiet")
    words = "dentro" if figure.is_met else "fora"
    text = formats.signed(_written(difference, figure.unit, is_difference=True), difference)
    if figure.target is not None and figure.target.low < figure.target.high and not difference:
        text = "na faixa"
    return element(
        "span",
        escaped(text),
        _ruler(figure),
        element("b", escaped("✓" if figure.is_met else "!"), aria_hidden="true"),
        element("span", escaped(f" {words} da tolerância"), class_="unseen"),
        class_="met" if figure.is_met else "off",
    )


def _ruler(figure: Figure) -> Markup:
    """The difference as a dot on a line whose middle third is the tolerance (or the range)."""
    target = figure.target
    if target is None:
        return NOTHING
    middle, reach = (target.low + target.high) / 2, (target.high - target.low) / 2 + target.tolerance
    place = min(max((figure.value - middle) / (reach or 1.0), -1.9), 1.9)
    return element(
        "svg",
        element("rect", x=12, y=1, width=24, height=8, rx=2, class_="bar muted faint"),
        element("path", d="M0 5H48M24 1V9", class_="line axis"),
        element("circle", cx=24 + 12 * place, cy=5, r=3, class_="dot main" if figure.is_met else "dot bad"),
        viewBox="0 0 48 10",
        class_="ruler",
        aria_hidden="true",
    )


def _value(figure: Figure) -> str:
    return _written(figure.value, figure.unit)


def _target(figure: Figure) -> str:
    if figure.target is None:
        return "–"
    low, high = figure.target.low, figure.target.high
    if low == high:
        return _written(low, figure.unit)
    return f"{formats.number(low)} a {formats.number(high)}"


def _written(value: float, unit: Unit, *, is_difference: bool = False) -> str:
    if unit is Unit.RATIO:
        places = 2 if abs(value) < 0.1 else 1
        if is_difference:
            return formats.number(100 * value, 2)
        return formats.percent(value, places)
    if unit is Unit.REAIS:
        return formats.number(value) if is_difference else formats.money(value, 0)
    return formats.number(value, 2 if abs(value) < 100 else 0)


def _section(section: Section) -> Markup:
    return element(
        "section",
        element("h2", escaped(section.title)),
        element("div", *(_cell(it) for it in section.cards), class_="grid"),
        id=section.name,
    )


def _cell(cell: Card | tuple[Card, ...]) -> Markup:
    if isinstance(cell, Card):
        return _card(cell)
    return element("div", *(_card(it) for it in cell), class_="stack")


def _card(card: Card) -> Markup:
    return element(
        "article",
        element("h3", escaped(card.title)),
        element("p", escaped(card.caption), class_="caption"),
        card.body,
        class_="card" if card.span == 1 else "card across",
    )


def _footer(seen: Observed) -> Markup:
    text = (
        f"O passado é o que o comando history escreve com estas configurações, este fim e a semente "
        f"{seen.world.seed}. Taxas de visitas vêm de {formats.number(seen.sample.visits)} visitas "
        "sorteadas à parte, porque o passado guarda só parte das visitas sem carrinho. Alvos: configurações "
        "VITRINE_SIMULATORS_* e simulators/behaviour.py, seasons.py e catalogue.py."
    )
    english = (
        "A picture of the generated shop: what was measured, beside what is documented. Names and people are made up."
    )
    return element("footer", element("p", escaped(text)), element("p", escaped(english), lang="en"))
