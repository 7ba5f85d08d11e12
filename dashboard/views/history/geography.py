"""Geografia: where customers live."""

from collections.abc import Sequence

from dashboard.data.history.geography import MOST_CITIES, City, Geography
from dashboard.data.history.spans import Part
from dashboard.formats import NONE
from dashboard.selection import Request
from dashboard.views.breakdowns import State
from dashboard.views.history import names, tables
from dashboard.views.history import periods as naming
from dashboard.views.history.page import NO_DELTA, Block, Page, Say, tile
from dashboard.views.history.tables import Field, Table, relative
from dashboard.views.parts import Tile, growth, share_text

METRICS = ("vendas_por_uf", "vendas_por_cidade")


def page(found: Geography, request: Request, say: Say) -> Page:
    """The page of states and cities."""
    return Page(
        tiles=_tiles(found, request, say),
        blocks=[_map(found.states, say), _states(found.states, say), _cities(found, say)],
        metrics=METRICS,
    )


def _tiles(found: Geography, request: Request, say: Say) -> list[Tile]:
    formats, texts, words = say.formats, say.texts, say.words.geography
    net = sum(it.net for it in found.states)
    net_before = sum(it.net_before or 0 for it in found.states) if request.before_complete is not None else None
    first = found.states[0] if found.states else None
    city = found.cities[0] if found.cities else None
    knows_cities = found.cities is not None
    return [
        tile(
            say,
            name="net_sales",
            label=texts.net_sales,
            metric="vendas_por_uf",
            value=formats.money(net),
            delta=growth(net, net_before, formats, texts),
            against=naming.against(request, say),
            note=words.states_note.format(
                count=formats.integer(len([it for it in found.states if it.key != names.UNKNOWN]))
            ),
        ),
        tile(
            say,
            name="first_state",
            label=words.first_state,
            metric="vendas_por_uf",
            value=names.state(first.key, texts) if first else NONE,
            delta=NO_DELTA,
            note=words.share_note.format(value=formats.money(first.net), share=share_text(first.net, net, formats))
            if first
            else "",
        ),
        tile(
            say,
            name="first_city",
            label=words.first_city,
            metric="vendas_por_cidade",
            value=_city(city.city, say) if city else NONE,
            delta=NO_DELTA,
            note=words.share_note.format(value=formats.money(city.net), share=share_text(city.net, net, formats))
            if city
            else "",
        ),
        tile(
            say,
            name="cities",
            label=words.cities_count,
            metric="vendas_por_cidade",
            value=formats.integer(found.cities_count if knows_cities else None),
            delta=NO_DELTA,
            note=words.cities_count_note if knows_cities else "",
        ),
    ]


def _city(name: str, say: Say) -> str:
    return say.texts.place_unknown if name == names.UNKNOWN else name


def _map(parts: Sequence[Part], say: Say) -> Block:
    total = sum(it.net for it in parts)
    highest = max((it.net for it in parts), default=0)
    states = [
        State(
            uf=NONE if it.key == names.UNKNOWN else it.key,
            name=names.state(it.key, say.texts),
            value=say.formats.money(it.net),
            share_text=share_text(it.net, total, say.formats),
            heat=round(max(0, it.net) / highest, 4) if highest > 0 else 0.0,
        )
        for it in parts
    ]
    return Block(
        id="mapa",
        title=say.texts.map_title,
        note=say.words.geography.map_note,
        states=states,
        table=_states_table(parts, say),
        empty="" if parts else say.words.common.nothing,
    )


def _states_table(parts: Sequence[Part], say: Say) -> Table:
    total = sum(it.net for it in parts)
    words, common, texts = say.words.sales, say.words.common, say.texts
    return Table(
        fields=[
            Field("nome", texts.state, "text"),
            Field("uf", say.words.geography.uf, "text"),
            Field("liquida", words.net, "money"),
            Field("parte", texts.share, "ratio"),
            Field("variacao", common.change, "change"),
            Field("pedidos", words.valid_orders, "integer"),
            Field("ticket_medio", texts.ticket, "money"),
            Field("bruta", words.gross, "money"),
            Field("canceladas", words.cancelled, "money"),
        ],
        rows=[
            (
                names.state(it.key, texts),
                NONE if it.key == names.UNKNOWN else it.key,
                it.net,
                it.net / total if total > 0 else None,
                relative(it.net, it.net_before),
                it.orders,
                tables.rounded(it.net / it.orders) if it.orders else None,
                it.gross,
                it.cancelled,
            )
            for it in parts
        ],
        bars=tables.bars([it.net for it in parts]),
    )


def _states(parts: Sequence[Part], say: Say) -> Block:
    return Block(
        id="ufs",
        title=say.words.geography.states_title,
        table=_states_table(parts, say),
        is_folded=True,
        empty="" if parts else say.words.common.nothing,
    )


def _cities(found: Geography, say: Say) -> Block:
    words, common, texts, geography = say.words.sales, say.words.common, say.texts, say.words.geography
    cities: Sequence[City] = found.cities or []
    note = geography.cities_note.format(count=say.formats.integer(MOST_CITIES))
    return Block(
        id="cidades",
        title=geography.cities_title,
        note=note if found.cities_count > len(cities) else "",
        table=Table(
            fields=[
                Field("cidade", geography.city, "text"),
                Field("uf", geography.uf, "text"),
                Field("liquida", words.net, "money"),
                Field("variacao", common.change, "change"),
                Field("pedidos", words.valid_orders, "integer"),
                Field("ticket_medio", texts.ticket, "money"),
                Field("canceladas", words.cancelled, "money"),
            ],
            rows=[
                (
                    _city(it.city, say),
                    NONE if it.uf == names.UNKNOWN else it.uf,
                    it.net,
                    relative(it.net, it.net_before),
                    it.orders,
                    tables.rounded(it.net / it.orders) if it.orders else None,
                    it.cancelled,
                )
                for it in cities
            ],
            bars=tables.bars([it.net for it in cities]),
        ),
        empty="" if cities else geography.unfiltered_cities if found.cities is None else common.nothing,
    )
