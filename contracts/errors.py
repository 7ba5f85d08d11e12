"""The kinds of failure. The type of an error decides what happens: retry, reject or stop."""


class VitrineError(Exception):
    """Base of every error that a person should read as one line.

    ``exit_code`` is what the process ends with when nobody handles the error: 1 for a failure,
    2 for wrong usage or settings.
    """

    exit_code = 1


class UsageError(VitrineError):
    """The command was called in a way that cannot work; trying again changes nothing."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting has a value that is not allowed, or two settings contradict each other."""


class TransientError(VitrineError):
    """Something outside is away for now; the same call may work later."""


class TerminalError(VitrineError):
    """Trying again cannot help: wrong password, missing table, unreadable checkpoint."""


class DatabaseUnavailable(TransientError):
    """Postgres does not answer."""


class DatabaseRefused(TerminalError):
    """Postgres answers and refuses: wrong password, unknown database, no permission."""


class DatabaseRefusedData(DatabaseRefused):
    """Postgres refuses the values themselves (SQLSTATE 22, 23 and 54000): other rows of the batch are fine."""


class LiveStoreUnavailable(TransientError):
    """Redis does not answer, is loading, or has no memory left."""


class LiveStoreRefused(TerminalError):
    """Redis answers and refuses: wrong password, wrong kind of key."""


class BrokerUnavailable(TransientError):
    """Pub/Sub does not answer."""


class BrokerRefused(TerminalError):
    """Pub/Sub answers and refuses: unknown topic or subscription, no permission."""


class StorageUnavailable(TransientError):
    """What keeps segments, a disk or a bucket, takes or gives nothing for now: full, away, too busy."""


class StorageRefused(TerminalError):
    """What keeps segments or temporary files refuses: no such bucket, no permission, a read-only disk."""


class MissingProgram(UsageError):
    """A server or runtime is neither given, installed nor to be had as a wheel."""
