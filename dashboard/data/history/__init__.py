"""The historical metrics, read from the views of the batch's current run: a module per question.

A question is a function from a connection and the days asked for to plain values; ``store`` asks it,
once for all viewers.
"""

from dashboard.data.history.run import Extent as Extent
from dashboard.data.history.run import Known as Known
from dashboard.data.history.run import Run as Run
from dashboard.data.history.store import HistoryStore as HistoryStore
from dashboard.data.history.store import Reading as Reading
