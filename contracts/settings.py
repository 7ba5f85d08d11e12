"""Every setting, its default and what is allowed, built once from the environment.

A setting ``postgres_host`` is the environment variable ``VITRINE_POSTGRES_HOST``. Durations are
seconds, sizes bytes, rates per second.
"""

import difflib
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from contracts import panes
from contracts.errors import SettingsError
from contracts.log import LogFormat

PREFIX = "VITRINE_"
# Until whoever puts panes right has begun.
_HEAL_ROOM_SECONDS = 60


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be an IANA time zone such as America/Sao_Paulo")
    return name


_BUCKET = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/[^/\s]+)*")


def _folder_or_bucket(location: str) -> str:
    if "://" in location and not _BUCKET.fullmatch(location):
        raise ValueError(
            "must be a folder or gs://bucket/prefix, with no slash at its end; other file systems, HDFS among them, "
            "are not supported"
        )
    return location


def _folder(location: str) -> str:
    if "://" in location:
        raise ValueError(
            f"must be a folder of this machine; what may be a bucket are {PREFIX}STREAMING_SPOOL and "
            f"{PREFIX}STREAMING_CHECKPOINT"
        )
    return location


Port = Annotated[int, Field(ge=1, le=65535)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """Frozen; build it with ``load`` and hand it on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    # The shop
    timezone: Annotated[str, AfterValidator(_known_zone)] = "America/Sao_Paulo"
    # How far beyond the shop's now an event may lie before it is rejected.
    allowed_future_skew_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    # A cart with items and no order is abandoned after this much silence.
    cart_idle_minutes: Positive = 30

    # Logs
    log_format: LogFormat = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    # Pub/Sub. With an emulator host no credentials are looked for.
    project_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")] = "vitrine-local"
    pubsub_emulator_host: str | None = None
    pubsub_emulator_jar: Path | None = None
    # Pull requests under way at once per subscription. The emulator is fastest with one; the
    # service reaches low latency only with several.
    pull_requests: Annotated[int, Field(ge=1, le=32)] = 1

    # Postgres: host and port, or a Cloud SQL instance ("project:region:name") with IAM login.
    postgres_host: str = "127.0.0.1"
    postgres_port: Port = 5432
    postgres_database: str = "vitrine"
    postgres_user: str = "vitrine"
    postgres_password: SecretStr = SecretStr("")
    postgres_instance: Annotated[str, Field(pattern=r"^([a-z0-9.:-]+:[a-z0-9-]+:[a-z0-9-]+)?$")] = ""
    postgres_root_certificate: Path | None = None

    # Redis
    redis_host: str = "127.0.0.1"
    redis_port: Port = 6379
    redis_password: SecretStr = SecretStr("")
    redis_tls: bool = False
    redis_ca_certificates: Path | None = None

    # Servers of the local stack given from outside rather than started by it.
    local_folder: Path = Path(".local")

    # Durations of the live path. The watermark delay follows from these two and the acknowledgement
    # deadline unless it is set, the dedupe horizon from the watermark delay.
    longest_restart_seconds: Positive = 480
    producer_skew_seconds: Annotated[int, Field(ge=0)] = 60
    watermark_delay_seconds: Positive = Field(default_factory=lambda given: _whole_minutes(_least_delay(given)))
    dedupe_horizon_seconds: Positive = Field(default_factory=lambda given: given["watermark_delay_seconds"] + 120)
    # The clock of the streaming job: the least time from one batch to the next.
    streaming_trigger_seconds: Annotated[float, Field(ge=0, le=60)] = 0.2
    streaming_folder: Annotated[str, AfterValidator(_folder)] = ".local/streaming"
    # Where segments are kept: a folder of one machine, or gs://bucket/prefix for a cluster of several
    # nodes, which costs each batch some requests' time. Below the streaming folder unless it is set.
    streaming_spool: Annotated[str, AfterValidator(_folder_or_bucket)] = ""
    # Where Spark's checkpoint and the job's notes beside it are kept: a folder, or gs://bucket/prefix for a cluster
    # of several nodes, which costs each batch some requests' time. The streaming folder unless it is set.
    streaming_checkpoint: Annotated[str, AfterValidator(_folder_or_bucket)] = ""
    # The address of an object store to use instead of Google's, for tests. No credentials are looked for then.
    storage_endpoint: Annotated[str, Field(pattern=r"^(https?://[^/\s]+)?$")] = ""
    # Rows that one batch takes at most, so that an outage does not become one giant batch.
    streaming_batch_rows: Positive = 200_000
    # When the spool holds this much that Spark has not committed, pulling stops.
    streaming_spool_bytes: Annotated[int, Field(ge=10_000_000)] = 2_000_000_000
    streaming_master: str = "local[2]"
    # Java fills whatever it is given before it collects: a megabyte more here is one more of the job's.
    streaming_driver_memory: str = "512m"

    # Ingest
    ingest_batch_rows: Annotated[int, Field(ge=1, le=100_000)] = 5_000
    ingest_batch_seconds: Annotated[float, Field(gt=0, le=30)] = 0.2

    # Batch
    batch_master: str = "local[2]"
    batch_driver_memory: str = "2g"
    # Bytes of tables for each of the partitions that the batch reads and sums by.
    batch_partition_bytes: Annotated[int, Field(ge=1_000_000)] = 64_000_000
    batch_runs_kept_days: Positive = 30

    # Simulators. Rates of faults are shares of all events.
    simulators_seed: int = 42
    simulators_processes: Annotated[int, Field(ge=1, le=64)] = 2
    simulators_rate: Annotated[float, Field(gt=0, le=1_000_000)] = 200.0
    simulators_products: Annotated[int, Field(ge=10, le=100_000)] = 1_000
    # Those the shop has at its opening; more register all the time.
    simulators_customers: Annotated[int, Field(ge=100, le=5_000_000)] = 20_000
    # Whether the rate follows the day, the week and the year, or is the same at any time.
    simulators_seasons: bool = True
    simulators_duplicate_rate: Share = 0.0
    simulators_late_rate: Share = 0.0
    simulators_out_of_order_rate: Share = 0.0
    simulators_malformed_rate: Share = 0.0
    simulators_folder: Path = Path(".local/simulators")
    # How shoppers behave, as shares of what the name says; docs/simulators.md says where each is from.
    # Visits that create a cart; carts whose checkout begins; begun checkouts that are paid in the same visit.
    simulators_cart_share: Share = 0.062
    simulators_checkout_share: Share = 0.45
    simulators_paid_share: Share = 0.60
    # Of the carts left behind, those that are taken up again in a later visit and bought.
    simulators_recovered_share: Share = 0.04
    # Visitors known from the start (the browser remembers them), those with a cart more often.
    simulators_remembered_share: Share = 0.30
    simulators_remembered_with_cart_share: Share = 0.55
    # Visits without a cart in which somebody logs in.
    simulators_login_share: Share = 0.04
    # Buyers who were not remembered and are new: they register on the way to the checkout.
    simulators_new_customer_share: Share = 0.40
    # Page events that are a search rather than a product's page; carts from which a product is taken out.
    simulators_search_share: Share = 0.22
    simulators_removed_share: Share = 0.15
    # Payment methods; cards pay the rest. Cancelled orders by payment method: 1.9 % of all.
    simulators_pix_share: Share = 0.45
    simulators_boleto_share: Share = 0.09
    simulators_cancelled_pix_share: Share = 0.010
    simulators_cancelled_card_share: Share = 0.015
    simulators_cancelled_boleto_share: Share = 0.080
    simulators_buffer_events: Positive = 100_000
    history_days: Annotated[int, Field(ge=1, le=3660)] = 120
    # The history keeps every cart, but pages (views, searches) only of this share of its visits: page
    # events are nine in ten of all and would make it ten times as long to load.
    history_orders_per_day: Annotated[float, Field(gt=0, le=1_000_000)] = 600.0
    history_browsing_share: Share = 0.03
    shop_speed: Annotated[float, Field(gt=0, le=100_000)] = 1.0
    # When the shop's clock begins, for a shop that is new; the wall's now unless it is set.
    shop_start: AwareDatetime | None = None

    # Dashboard. It has no login of its own: it answers this machine only unless told otherwise.
    dashboard_address: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    dashboard_port: Port = 8501
    # About the time from one frame of the live page to the next, which comes right after a batch.
    dashboard_refresh_seconds: Annotated[float, Field(ge=0.25, le=60)] = 0.5

    @model_validator(mode="after")
    def _shares_fit_together(self) -> Self:
        if self.simulators_pix_share + self.simulators_boleto_share > 1:
            raise ValueError(
                f"{PREFIX}SIMULATORS_PIX_SHARE={self.simulators_pix_share:g} and {PREFIX}SIMULATORS_BOLETO_SHARE="
                f"{self.simulators_boleto_share:g} must be at most 1 together: cards pay the rest"
            )
        faults = ("duplicate", "late", "out_of_order", "malformed")
        if sum(getattr(self, f"simulators_{it}_rate") for it in faults) > 1:
            raise ValueError(
                "; ".join(
                    f"{PREFIX}SIMULATORS_{it.upper()}_RATE={getattr(self, f'simulators_{it}_rate'):g}" for it in faults
                )
                + " must be at most 1 together: one fault at most befalls an event"
            )
        return self

    @model_validator(mode="after")
    def _durations_fit_together(self) -> Self:
        delay, needed = self.watermark_delay_seconds, _least_delay(self.model_dump())
        if delay < needed:
            raise ValueError(
                f"{PREFIX}WATERMARK_DELAY_SECONDS={delay} must be at least the acknowledgement deadline "
                f"({self.ack_deadline_seconds}) + {PREFIX}LONGEST_RESTART_SECONDS ({self.longest_restart_seconds}) + "
                f"{PREFIX}PRODUCER_SKEW_SECONDS ({self.producer_skew_seconds}) = {needed}: a message delivered again "
                "after a restart would be dropped as late"
            )
        if self.heal_after_hour_seconds > panes.HOUR_SETTLES_SECONDS:
            longest = (panes.HOUR_SETTLES_SECONDS - _HEAL_ROOM_SECONDS) // 3
            raise ValueError(
                f"{PREFIX}WATERMARK_DELAY_SECONDS={delay} must be at most {longest}: an hour's panes are put right "
                f"three delays after it, and read from {panes.HOUR_SETTLES_SECONDS // 60} minutes after it on. Without "
                f"it the delay follows from {PREFIX}LONGEST_RESTART_SECONDS ({self.longest_restart_seconds}) and "
                f"{PREFIX}PRODUCER_SKEW_SECONDS ({self.producer_skew_seconds})"
            )
        if self.dedupe_horizon_seconds < self.watermark_delay_seconds:
            raise ValueError(
                f"{PREFIX}DEDUPE_HORIZON_SECONDS={self.dedupe_horizon_seconds} must be at least "
                f"{PREFIX}WATERMARK_DELAY_SECONDS ({self.watermark_delay_seconds}): a duplicate could slip between"
            )
        return self

    @property
    def ack_deadline_seconds(self) -> int:
        """The longest acknowledgement deadline of the live subscriptions."""
        return _ack_deadline_seconds()

    @property
    def heal_after_hour_seconds(self) -> int:
        """How long after a whole hour its panes are put right: they are closed then, and a little later."""
        # Closed is twice the delay behind the watermark, which is the delay behind now.
        return 3 * self.watermark_delay_seconds + _HEAL_ROOM_SECONDS

    @property
    def spool_location(self) -> str:
        """The folder or ``gs://bucket/prefix`` that holds the segments."""
        if "://" in self.streaming_spool:
            return self.streaming_spool
        return str(Path(self.streaming_spool or Path(self.streaming_folder) / "spool").resolve())

    @property
    def checkpoint_location(self) -> str:
        """The folder or ``gs://bucket/prefix`` that holds the streaming checkpoint and the notes beside it."""
        if "://" in self.streaming_checkpoint:
            return self.streaming_checkpoint
        return str(Path(self.streaming_checkpoint or self.streaming_folder).resolve())

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days, weeks and months are reported."""
        return ZoneInfo(self.timezone)

    @property
    def future_skew(self) -> timedelta:
        """How far beyond the shop's now an event may lie."""
        return timedelta(seconds=self.allowed_future_skew_seconds)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``load`` hands in: the environment is read in one place, with better errors."""
        return (init_settings,)


def _ack_deadline_seconds() -> int:
    from contracts import topology

    subscriptions = topology.load().subscriptions
    return max(it.ack_deadline_seconds for it in subscriptions.values() if it.consumer == "streaming")


def _least_delay(given: Mapping[str, Any]) -> int:
    """How late an event may be that was published on time: delivered again after the longest restart."""
    return int(_ack_deadline_seconds() + given["longest_restart_seconds"] + given["producer_skew_seconds"])


def _whole_minutes(seconds: int) -> int:
    return -(-seconds // 60) * 60


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Build the settings from ``environment`` (default: the process's own).

    An empty value means "not set". Raises ``SettingsError`` with one line for each wrong or unknown
    variable: its name, its value and what is allowed.
    """
    given = {
        name.upper().removeprefix(PREFIX).lower(): value
        for name, value in (os.environ if environment is None else environment).items()
        if name.upper().startswith(PREFIX) and value != ""
    }
    try:
        return Settings(**given)  # type: ignore[arg-type]  # texts: pydantic turns them into the fields' types
    except ValidationError as error:
        # What follows from a wrong value is not wrong by itself.
        wrong = [it for it in error.errors() if it["type"] != "default_factory_not_called"]
        raise SettingsError("; ".join(_explain(it["loc"], it["msg"], given) for it in wrong)) from None


def _explain(location: tuple[int | str, ...], message: str, given: Mapping[str, str]) -> str:
    if not location:
        return message.removeprefix("Value error, ")
    field = str(location[0])
    name = PREFIX + field.upper()
    if field not in Settings.model_fields:
        close = difflib.get_close_matches(field, Settings.model_fields, n=1)
        hint = f"; did you mean {PREFIX}{close[0].upper()}?" if close else ""
        return f"{name} is not a setting{hint}"
    secret = Settings.model_fields[field].annotation is SecretStr
    value = "(hidden)" if secret else repr(given.get(field))
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    return f"{name}={value}: {message[:1].lower()}{message[1:]}"


def describe() -> list[tuple[str, str, str]]:
    """Every setting as (variable, type, default), for the documentation."""
    rows, defaults = [], Settings()
    for name, field in Settings.model_fields.items():
        annotation = getattr(field.annotation, "__name__", None) or str(field.annotation)
        default = "(hidden)" if field.annotation is SecretStr else str(getattr(defaults, name))
        rows.append((PREFIX + name.upper(), annotation.replace("typing.", ""), default))
    return rows
