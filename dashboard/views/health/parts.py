"""The parts that work on events: their queues, how long each stage takes, and whether they run."""

import datetime as dt

import msgspec

from contracts import topology
from contracts.heartbeat import Beat
from dashboard.data.health import Health
from dashboard.formats import NONE, Formats
from dashboard.texts import HealthTexts
from dashboard.views.health.flow import INGEST, PARTS, STREAMING, Flow, number
from dashboard.views.health.grid import Cell, Grid, ago, columns, rate, trouble


def queues(health: Health, measured: Flow | None, formats: Formats, texts: HealthTexts) -> Grid:
    """Each subscription's backlog, and its pace on both sides."""
    figures = (texts.in_queue, texts.published_rate, texts.received_rate, texts.persisted_until)
    return Grid(
        id="queues",
        title=texts.queues_title,
        note=texts.queues_note,
        trouble=trouble(health.beats, formats, texts),
        columns=columns(texts.subscription, *figures, figures=figures),
        rows=[
            [
                Cell(it.name),
                Cell(formats.integer(it.waiting)),
                Cell(_pace(it.published, formats)),
                Cell(_pace(it.received, formats)),
                Cell(NONE if it.persisted_until is None else formats.time(it.persisted_until)),
            ]
            for it in (measured.queues if measured is not None else ())
        ],
    )


def _pace(value: float | None, formats: Formats) -> str:
    return NONE if value is None else formats.decimal(value, 0 if value >= 10 or value == 0 else 1)


def latency(health: Health, measured: Flow | None, now: dt.datetime, formats: Formats, texts: HealthTexts) -> Grid:
    """How long an event takes, as far as the parts say."""
    rows: list[list[Cell]] = []
    status = health.live.value.now if health.live.value is not None else None
    if status is not None:
        for name, value in (("p50", status.latency_p50), ("p95", status.latency_p95), ("p99", status.latency_p99)):
            label = texts.latency_event_to_redis.format(quantile=name)
            rows.append([Cell(label), Cell(NONE if value is None else formats.seconds(value))])
        rows += [
            [Cell(texts.latency_batch), Cell(ago(status.written_at, now, formats))],
            [Cell(texts.latency_newest), Cell(ago(status.newest_event, now, formats))],
            [Cell(texts.latency_rows), Cell(formats.integer(status.waiting))],
        ]
    if measured is not None and measured.persisted_until is not None:
        # What is taken off the claim: see contracts/closing.py and docs/architecture.md.
        held = 2 * max(
            it.ack_deadline_seconds for it in topology.load().subscriptions.values() if it.consumer == INGEST
        )
        note = texts.latency_persisted_note.format(seconds=held)
        rows.append([Cell(texts.latency_persisted, title=note), Cell(ago(measured.persisted_until, now, formats))])
    return Grid(
        id="latency",
        title=texts.latency_title,
        note=texts.latency_note,
        trouble=trouble(health.live, formats, texts),
        columns=columns(texts.latency_stage, texts.latency_now, figures=(texts.latency_now,)),
        rows=rows,
    )


def stages(health: Health, formats: Formats, texts: HealthTexts) -> Grid:
    """Where the time of a typical event of the last batch went, and what each stage is."""
    status = health.live.value.now if health.live.value is not None else None
    told = status.stages if status is not None else None
    rows: list[list[Cell]] = []
    if told is not None:
        times = msgspec.structs.asdict(told)
        total = sum(times.values())
        rows = [
            [
                Cell(texts.stage_names[name]),
                Cell(_exactly(value, formats)),
                Cell(formats.percent(value / total, 0) if total else NONE),
                Cell(texts.stage_meanings[name], "quiet"),
            ]
            for name, value in times.items()
        ]
        rows.append(
            [
                Cell(texts.stages_total),
                Cell(_exactly(total, formats)),
                Cell(""),
                Cell(texts.stages_total_meaning, "quiet"),
            ]
        )
    figures = (texts.stages_time, texts.stages_share)
    return Grid(
        id="stages",
        title=texts.stages_title,
        note=texts.stages_note,
        trouble=trouble(health.live, formats, texts),
        empty=texts.stages_none,
        columns=columns(texts.latency_stage, *figures, texts.stages_meaning, figures=figures),
        rows=rows,
    )


def _exactly(seconds: float, formats: Formats) -> str:
    return f"{formats.decimal(seconds, 2)}\N{NO-BREAK SPACE}s"


def processes(health: Health, measured: Flow | None, formats: Formats, texts: HealthTexts) -> Grid:
    """Each part with its living processes."""
    figures = (texts.processes, texts.rate, texts.in_hand, texts.rejected)
    beats = health.beats.value
    return Grid(
        id="parts",
        title=texts.parts_title,
        trouble=trouble(health.beats, formats, texts),
        columns=columns(texts.part, texts.state, *figures, texts.code, figures=figures),
        rows=[
            _part(name, [it for it in beats.now if it.part == name], measured, formats, texts)
            for name in PARTS
            if beats is not None and measured is not None and (name != STREAMING or measured.is_live)
        ],
    )


def _part(name: str, beats: list[Beat], measured: Flow | None, formats: Formats, texts: HealthTexts) -> list[Cell]:
    living = [it for it in beats if it.is_fresh]
    state = Cell(texts.part_works, "good")
    if not living:
        gone = beats and beats[0].state != "parado"
        age = formats.age(beats[0].age_seconds) if beats else ""
        state = Cell(texts.part_silent.format(age=age) if gone else texts.part_absent, "bad")
    codes = sorted({it.versions["vitrine"] for it in living if "vitrine" in it.versions})
    return [
        Cell(texts.part_names[name]),
        state,
        Cell(formats.integer(len(living))),
        Cell(rate(measured.rates[name] if measured else None, formats, texts)),
        Cell(formats.integer(sum(number(it, "pendentes") for it in living))),
        Cell(formats.integer(sum(number(it, "rejeitados") for it in living)) if name == INGEST else NONE),
        Cell(", ".join(codes) or NONE, "quiet"),
    ]
