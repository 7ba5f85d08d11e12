"""The catalogue as a page for people."""

from contracts.metrics import METRICS, Metric, Unit

_UNITS: dict[Unit, str] = {
    Unit.BRL: "BRL (centavos)",
    Unit.COUNT: "contagem / count",
    Unit.RATIO: "razão / ratio",
    Unit.MEAN: "média / mean",
}


def markdown() -> str:
    """The catalogue as a page for people."""
    parts = [
        "# Métricas / Metrics\n",
        "Gerado de `contracts/metrics/` por `python -m contracts.metrics`. "
        "Generated from `contracts/metrics/` by `python -m contracts.metrics`.\n",
        "Períodos são dias, semanas ISO (a partir de segunda-feira) e meses de America/Sao_Paulo. "
        "Periods are days, ISO weeks (from Monday) and months in America/Sao_Paulo.\n",
        "| nº | id | métrica / metric | unidade / unit | ao vivo / live | histórica / historical |",
        "|---|---|---|---|---|---|",
        *(
            f"| {it.number or '–'} | [`{it.id}`](#{it.id}) | {it.name.pt} / {it.name.en} | {_UNITS[it.unit]} "
            f"| {'✓' if it.live else '–'} | {_where(it)} |"
            for it in METRICS
        ),
    ]
    parts.extend(_section(it) for it in METRICS)
    return "\n".join(parts)


def _where(metric: Metric) -> str:
    if metric.historical is None:
        return "–"
    return f"`metricas.{metric.historical.view}`" if metric.historical.view else "definida / defined"


def _section(metric: Metric) -> str:
    sources = ", ".join(f"`{it}`" for it in metric.sources)
    lines = [
        f"\n## {metric.id}\n",
        f"**{metric.name.pt}** / {metric.name.en}. Fontes / sources: {sources}.\n",
    ]
    if metric.live:
        lines.append(f"- ao vivo: {metric.live.pt}\n- live: {metric.live.en}")
    if metric.historical:
        definition = metric.historical.definition
        lines.append(f"- histórica: {definition.pt}\n- historical: {definition.en}")
    return "\n".join(lines) + ("\n" if metric is METRICS[-1] else "")
