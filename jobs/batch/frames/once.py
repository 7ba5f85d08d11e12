"""Attributes that are computed at their first use, whichever thread that comes from."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class computed_once(Generic[T]):  # noqa: N801 - used as a decorator, as ``property`` is
    """A property that is computed once; who asks for it meanwhile waits, and gets the same or its error.

    ``functools.cached_property`` keeps no thread waiting: two would compute it twice.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_once_{name}"

    def __get__(self, instance: Any, owner: type | None = None) -> T:
        mine: Future[T] = Future()
        kept: Future[T] = vars(instance).setdefault(self._name, mine)
        if kept is mine:
            try:
                mine.set_result(self._compute(instance))
            except BaseException as error:
                mine.set_exception(error)
                raise
        return kept.result()
