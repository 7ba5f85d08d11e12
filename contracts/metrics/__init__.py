"""The metric catalogue: what each metric is called, what it means, and where it is found.

Dashboard, documentation and tests read it; ``python -m contracts.metrics`` writes ``docs/metrics.md``
from it. A metric that is not computed somewhere has None there.
"""

from contracts.metrics.beyond import BEYOND
from contracts.metrics.definition import Historical as Historical
from contracts.metrics.definition import Metric as Metric
from contracts.metrics.definition import Text as Text
from contracts.metrics.definition import Unit as Unit
from contracts.metrics.twelve import TWELVE

METRICS: tuple[Metric, ...] = (*TWELVE, *BEYOND)

BY_ID: dict[str, Metric] = {it.id: it for it in METRICS}
