"""Tables of history as files: ``/vitrine/tabela/{page}/{table}.{csv|parquet}?{the page's own query}``.

The address says all that the page's does, so a file is what the page showed, of the run that is current then.
"""

import asyncio
import re
from collections.abc import Callable

from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from contracts import log
from contracts.errors import DatabaseUnavailable, VitrineError
from dashboard import questions
from dashboard.data.history import HistoryStore
from dashboard.formats import LANGUAGES, Formats
from dashboard.questions import BY_PATH, Drawn, Question
from dashboard.screens import LANGUAGE
from dashboard.selection import parse
from dashboard.texts import CATALOGUES
from dashboard.texts.history import HISTORY
from dashboard.views.history.tables import to_csv, to_parquet

PATH = "/vitrine/tabela"
_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class TableRoutes:
    """The route, over the one reader of history."""

    def __init__(self, store: Callable[[], HistoryStore], formats: dict[str, Formats]) -> None:
        """``formats`` by language."""
        self._store = store
        self._formats = formats

    def routes(self) -> list[BaseRoute]:
        """To be handed to ``st.App``."""
        return [Route(f"{PATH}/{{page}}/{{file}}", self._file)]

    async def _file(self, request: HttpRequest) -> Response:
        found = re.fullmatch(r"([a-z-]+)\.(csv|parquet)", request.path_params["file"])
        question = BY_PATH.get(request.path_params["page"])
        if found is None or question is None:
            return _said("no such table", 404)
        table, kind = found.groups()
        query = {it: request.query_params.getlist(it) for it in request.query_params}
        language = next((it for it in LANGUAGES if it in query.get(LANGUAGE, [])), LANGUAGES[0])
        formats = self._formats[language]
        try:
            return await asyncio.to_thread(self._made, question, table, kind, query, formats)
        except VitrineError as error:
            log.get(__name__).warning("table cannot be read", problem=str(error))
            common = HISTORY[language].common
            return _said(common.away if isinstance(error, DatabaseUnavailable) else common.refused, 503)

    def _made(
        self, question: Question, name: str, kind: str, query: dict[str, list[str]], formats: Formats
    ) -> Response:
        drawn = questions.answer(self._store(), question, parse(query), formats)
        if not isinstance(drawn, Drawn) or name not in drawn.tables:
            return _said("no such table in this range", 404)
        table, texts = drawn.tables[name], CATALOGUES[formats.language]
        content = to_csv(table, formats, texts) if kind == "csv" else to_parquet(table)
        parts = [HISTORY[formats.language].common.file_name, question.path, name]
        if question.has_range:
            parts += [str(drawn.request.days.first), str(drawn.request.days.last)]
        disposition = f'attachment; filename="{"-".join(parts)}.{kind}"'
        return Response(content, media_type=_TYPES[kind], headers=_HEADERS | {"Content-Disposition": disposition})


def _said(text: str, status: int) -> Response:
    return PlainTextResponse(text + "\n", status_code=status, headers=_HEADERS)
