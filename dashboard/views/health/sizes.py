"""What everything takes up, and which versions run."""

from collections.abc import Iterator

from contracts import versions as own_versions
from dashboard.data.health import Health
from dashboard.formats import NONE, Formats
from dashboard.texts import HealthTexts
from dashboard.views.health.flow import PARTS, STREAMING, number
from dashboard.views.health.grid import Cell, Grid, columns, size, trouble


def live_state(health: Health, formats: Formats, texts: HealthTexts) -> Grid:
    """What the live path keeps, on disk and in memory."""
    return _grid(
        "live_state",
        texts.live_state_title,
        "",
        trouble(health.memory, formats, texts) or trouble(health.beats, formats, texts),
        [*_streaming(health, formats, texts), *_redis(health, formats, texts)],
        texts,
    )


def database(health: Health, formats: Formats, texts: HealthTexts) -> Grid:
    """The database by table."""
    return _grid(
        "database",
        texts.database_title,
        texts.database_note,
        trouble(health.storage, formats, texts),
        list(_database(health, formats, texts)),
        texts,
    )


def _grid(name: str, title: str, note: str, problem: str, rows: list[list[Cell]], texts: HealthTexts) -> Grid:
    figures = (texts.size, texts.rows)
    return Grid(
        id=name,
        title=title,
        note=note,
        trouble=problem,
        columns=columns(texts.what, *figures, figures=figures),
        rows=rows,
    )


def _streaming(health: Health, formats: Formats, texts: HealthTexts) -> Iterator[list[Cell]]:
    beats = health.beats.value
    living = [it for it in beats.now if it.part == STREAMING and it.is_fresh] if beats is not None else []
    if living:
        newest = living[0]
        yield [
            Cell(texts.spool),
            Cell(size(number(newest, "segmentos_bytes"), formats)),
            Cell(formats.integer(number(newest, "selados"))),
        ]
        yield [Cell(texts.spool_pending), Cell(size(number(newest, "nao_confirmados_bytes"), formats)), Cell(NONE)]
        yield [Cell(texts.identities), Cell(NONE), Cell(formats.integer(number(newest, "identidades")))]


def _redis(health: Health, formats: Formats, texts: HealthTexts) -> Iterator[list[Cell]]:
    memory = health.memory.value
    if memory is not None:
        yield [Cell(texts.redis_memory), Cell(size(memory.used, formats)), Cell(NONE)]
        yield [Cell(texts.redis_keys), Cell(NONE), Cell(formats.integer(memory.keys))]
        known = memory.products + memory.customers
        yield [Cell(texts.redis_hashes), Cell(NONE), Cell(formats.integer(known))]


def _database(health: Health, formats: Formats, texts: HealthTexts) -> Iterator[list[Cell]]:
    storage = health.storage.value
    if storage is not None:
        yield [Cell(texts.database_total), Cell(size(storage.size, formats)), Cell(NONE)]
        for it in storage.tables:
            yield [Cell(it.name.removeprefix("public.")), Cell(size(it.size, formats)), Cell(formats.integer(it.rows))]


def versions(health: Health, formats: Formats, texts: HealthTexts) -> Grid:
    """Our code and what it stands on, in every part."""
    return Grid(
        id="versions",
        title=texts.versions_title,
        trouble=trouble(health.server, formats, texts),
        columns=columns(texts.what, texts.version),
        rows=[[Cell(name), Cell(version)] for name, version in _versions(health, texts)],
    )


def _versions(health: Health, texts: HealthTexts) -> Iterator[tuple[str, str]]:
    mine = own_versions.mine()
    yield (
        "Dashboard",
        f"{mine.get('vitrine', NONE)} · Python {mine['python']} · Streamlit {mine.get('streamlit', NONE)}",
    )
    beats = health.beats.value
    for part in PARTS if beats is not None else ():
        living = [it for it in beats.now if it.part == part and it.is_fresh] if beats is not None else []
        for said in {tuple(sorted(it.versions.items())) for it in living if it.versions}:
            of = dict(said)
            spark = f" · Spark {of['pyspark']}" if part == STREAMING and "pyspark" in of else ""
            yield texts.part_names[part], f"{of.get('vitrine', NONE)} · Python {of.get('python', NONE)}{spark}"
    server, memory = health.server.value, health.memory.value
    if server is not None:
        pattern = texts.schema_current if server.is_current else texts.schema_other
        yield texts.schema, pattern.format(name=server.migration, database=server.migration, code=server.known)
        yield "Postgres", server.version
    if memory is not None:
        yield "Redis", memory.server
