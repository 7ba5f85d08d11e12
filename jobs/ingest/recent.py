"""Which identities came lately, as far as a small memory tells."""

from typing import Any

import numpy as np

# Four generations of this many are kept: 4 MB.
_GENERATION = 1 << 17
_GENERATIONS = 4
# Odd, so that no bit is lost: 2^64 over the golden ratio, as in Knuth's multiplicative hashing.
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class Recent:
    """A hint, never a truth: it forgets, and may take an identity for another."""

    def __init__(self) -> None:
        # Sorted, the newest last.
        self._generations = [np.empty(0, dtype=np.uint64)]

    def among(self, identities: Any) -> Any:
        """Which of the ``(n, 16)`` bytes came before, as far as it knows; from now on it knows these as well."""
        halves = np.ascontiguousarray(identities).view(">u8").astype(np.uint64)
        marks = halves[:, 0] * _FACTOR ^ halves[:, 1]
        order = np.argsort(marks)
        marks = marks[order]
        known = np.zeros(len(marks), dtype=bool)
        for generation in self._generations:
            # One more at the end, for those that come after all.
            places = np.searchsorted(generation, marks)
            known |= np.append(generation, ~marks[-1:])[places] == marks
        if len(self._generations[-1]) >= _GENERATION:
            self._generations = [*self._generations[1 - _GENERATIONS :], np.empty(0, dtype=np.uint64)]
        # Stable, as that merges two sorted runs.
        self._generations[-1] = np.sort(np.concatenate([self._generations[-1], marks]), kind="stable")
        found = np.empty_like(known)
        found[order] = known
        return found
