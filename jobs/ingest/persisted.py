"""Up to when a consumer has persisted everything that was published."""


class PersistedUntil:
    """What a consumer may claim: everything published before ``until`` (epoch seconds) is in Postgres.

    An empty subscription proves it up to now; otherwise the oldest message of the newest batch does, as the
    broker delivers roughly in order of publication. Two acknowledgement deadlines are taken off: within
    that, what was delivered to a process that died is delivered again. For as long after the start
    nothing is claimed, for the same reason. 0 is no claim. A claim may go back: an old message came late.
    """

    def __init__(self, ack_deadline_seconds: float, started_at: float) -> None:
        self.until = 0.0
        self._margin = 2 * ack_deadline_seconds
        self._claims_from = started_at + self._margin

    def is_empty(self, now: float) -> None:
        """Nothing is to be had from the broker and everything taken is persisted."""
        self._claim(now, now)

    def wrote(self, oldest_published: float, now: float) -> None:
        """A batch is persisted whose oldest message was published then."""
        self._claim(oldest_published, now)

    def _claim(self, published: float, now: float) -> None:
        if now >= self._claims_from:
            self.until = published - self._margin
