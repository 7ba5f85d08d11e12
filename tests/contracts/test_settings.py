"""A wrong setting is named with its value and what is allowed; a secret is never shown."""

import pickle
from typing import Any

import pydantic
import pytest

from contracts import settings
from contracts.errors import SettingsError

SECRET = "gato-preto-42"


def problem(**environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings.load({f"VITRINE_{name}": value for name, value in environment.items()})
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_empty_environment_gives_the_defaults() -> None:
    loaded = settings.load({})
    assert loaded.timezone == "America/Sao_Paulo"
    assert loaded.watermark_delay_seconds == 600
    assert str(loaded.zone) == "America/Sao_Paulo"
    assert loaded.future_skew.total_seconds() == 60


def test_an_empty_value_means_not_set() -> None:
    assert settings.load({"VITRINE_POSTGRES_PORT": ""}).postgres_port == 5432


def test_variables_of_others_are_not_looked_at() -> None:
    assert settings.load({"POSTGRES_PORT": "x", "XVITRINE_POSTGRES_PORT": "x", "PATH": "/"}).postgres_port == 5432


def test_texts_become_numbers_paths_and_flags() -> None:
    loaded = settings.load(
        {
            "VITRINE_POSTGRES_PORT": "6000",
            "VITRINE_REDIS_TLS": "true",
            "VITRINE_SHOP_SPEED": "1440",
            "VITRINE_LOCAL_FOLDER": "/tmp/vitrine",
        }
    )
    assert (loaded.postgres_port, loaded.redis_tls, loaded.shop_speed) == (6000, True, 1440.0)
    assert loaded.local_folder.as_posix() == "/tmp/vitrine"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("POSTGRES_PORT", "70000", "should be less than or equal to 65535"),
        ("POSTGRES_PORT", "0", "should be greater than or equal to 1"),
        ("POSTGRES_PORT", "abc", "should be a valid integer, unable to parse string as an integer"),
        ("POSTGRES_PORT", "1.5", "should be a valid integer, unable to parse string as an integer"),
        ("REDIS_TLS", "talvez", "should be a valid boolean, unable to interpret input"),
        ("TIMEZONE", "Brasilia", "must be an IANA time zone such as America/Sao_Paulo"),
        ("TIMEZONE", "../etc/passwd", "must be an IANA time zone such as America/Sao_Paulo"),
        ("LOG_LEVEL", "debug", "should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("SIMULATORS_RATE", "0", "should be greater than 0"),
        ("SIMULATORS_RATE", "-1", "should be greater than 0"),
        ("SIMULATORS_LATE_RATE", "1.1", "should be less than or equal to 1"),
        *[
            (
                name,
                wrong,
                "must be a folder or gs://bucket/prefix, with no slash at its end; other file systems, HDFS among "
                "them, are not supported",
            )
            for name in ("STREAMING_SPOOL", "STREAMING_CHECKPOINT")
            for wrong in (
                "gs://",
                "gs://shop/",
                "gs://Shop/spool",
                "gs://shop//spool",
                "hdfs://node/spool",
                "s3://shop/x",
            )
        ],
        (
            "STREAMING_FOLDER",
            "gs://shop/streaming",
            "must be a folder of this machine; what may be a bucket are VITRINE_STREAMING_SPOOL and "
            "VITRINE_STREAMING_CHECKPOINT",
        ),
        ("STORAGE_ENDPOINT", "localhost:4443", r"string should match pattern '^(https?://[^/\s]+)?$'"),
        ("PROJECT_ID", "Vitrine!", "string should match pattern '^[a-z][a-z0-9-]{4,28}[a-z0-9]$'"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: str, rule: str) -> None:
    assert problem(**{name: value}) == f"VITRINE_{name}={value!r}: {rule}"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("name", ["SHOP_SPEED", "SIMULATORS_RATE", "SIMULATORS_LATE_RATE", "INGEST_BATCH_SECONDS"])
def test_what_is_no_number_is_refused_wherever_a_number_is_wanted(name: str, value: str) -> None:
    assert problem(**{name: value}).startswith(f"VITRINE_{name}={value!r}: ")


def test_all_wrong_values_are_named_at_once() -> None:
    message = problem(POSTGRES_PORT="abc", REDIS_PORT="0")
    assert "VITRINE_POSTGRES_PORT='abc': " in message
    assert "VITRINE_REDIS_PORT='0': " in message


def test_an_unknown_variable_is_refused_with_the_one_it_resembles() -> None:
    assert problem(POSTGRES_HOSTT="x") == "VITRINE_POSTGRES_HOSTT is not a setting; did you mean VITRINE_POSTGRES_HOST?"


def test_an_unknown_variable_that_resembles_none_is_refused_too() -> None:
    assert problem(XYZZY="x") == "VITRINE_XYZZY is not a setting"


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "REDIS_PASSWORD"])
def test_secrets_are_in_no_text_of_the_settings(name: str) -> None:
    loaded = settings.load({f"VITRINE_{name}": SECRET})
    assert getattr(loaded, name.lower()).get_secret_value() == SECRET
    for text in (repr(loaded), str(loaded), f"{loaded}", loaded.model_dump_json(), str(loaded.model_dump())):
        assert SECRET not in text


def test_secrets_are_in_no_error_not_even_in_one_about_themselves() -> None:
    beside = problem(POSTGRES_PASSWORD=SECRET, REDIS_PASSWORD=SECRET, POSTGRES_PORT="abc")
    contradicting = problem(POSTGRES_PASSWORD=SECRET, WATERMARK_DELAY_SECONDS="10")
    for text in (beside, contradicting):
        assert SECRET not in text


def test_the_error_hides_the_one_of_the_library_which_would_show_all_values() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load({"VITRINE_POSTGRES_PASSWORD": SECRET, "VITRINE_REDIS_PORT": "x"})
    assert caught.value.__suppress_context__


def test_a_watermark_delay_below_a_restart_is_refused() -> None:
    message = problem(WATERMARK_DELAY_SECONDS="559")
    assert message.startswith(
        "VITRINE_WATERMARK_DELAY_SECONDS=559 must be at least the acknowledgement deadline (20) + "
        "VITRINE_LONGEST_RESTART_SECONDS (480) + VITRINE_PRODUCER_SKEW_SECONDS (60) = 560"
    )


def test_a_dedupe_horizon_below_the_watermark_delay_is_refused() -> None:
    message = problem(DEDUPE_HORIZON_SECONDS="599")
    assert message.startswith(
        "VITRINE_DEDUPE_HORIZON_SECONDS=599 must be at least VITRINE_WATERMARK_DELAY_SECONDS (600)"
    )


def test_durations_that_fit_together_are_accepted() -> None:
    loaded = settings.load(
        {
            "VITRINE_WATERMARK_DELAY_SECONDS": "85",
            "VITRINE_DEDUPE_HORIZON_SECONDS": "85",
            "VITRINE_LONGEST_RESTART_SECONDS": "60",
            "VITRINE_PRODUCER_SKEW_SECONDS": "5",
        }
    )
    assert loaded.watermark_delay_seconds == 20 + 60 + 5


@pytest.mark.parametrize(
    ("given", "delay", "horizon"),
    [
        ({}, 600, 720),
        # 20 + 60 + 60 = 140 and 20 + 60 + 0 = 80, in whole minutes.
        ({"LONGEST_RESTART_SECONDS": "60"}, 180, 300),
        ({"LONGEST_RESTART_SECONDS": "60", "PRODUCER_SKEW_SECONDS": "0"}, 120, 240),
        ({"LONGEST_RESTART_SECONDS": "640"}, 720, 840),
        ({"WATERMARK_DELAY_SECONDS": "700"}, 700, 820),
        ({"WATERMARK_DELAY_SECONDS": "700", "DEDUPE_HORIZON_SECONDS": "700"}, 700, 700),
    ],
)
def test_delay_and_horizon_follow_from_the_longest_restart(given: dict[str, str], delay: int, horizon: int) -> None:
    loaded = settings.load({f"VITRINE_{name}": value for name, value in given.items()})
    assert (loaded.watermark_delay_seconds, loaded.dedupe_horizon_seconds) == (delay, horizon)
    assert loaded.heal_after_hour_seconds == 3 * delay + 60


@pytest.mark.parametrize(("name", "value"), [("WATERMARK_DELAY", "781"), ("LONGEST_RESTART", "720")])
def test_a_delay_after_which_hours_are_put_right_too_late_for_their_readers_is_refused(name: str, value: str) -> None:
    assert "must be at most 780: an hour's panes are put right" in problem(**{f"{name}_SECONDS": value})
    assert settings.load({"VITRINE_WATERMARK_DELAY_SECONDS": "780"}).heal_after_hour_seconds == 2400


def test_what_follows_from_a_wrong_duration_is_not_called_wrong_too() -> None:
    assert problem(LONGEST_RESTART_SECONDS="-1") == (
        "VITRINE_LONGEST_RESTART_SECONDS='-1': should be greater than or equal to 1"
    )


@pytest.mark.parametrize(
    ("folder", "spool", "location"),
    [
        ("/data", "", "/data/spool"),
        ("/data", "/fast/disk", "/fast/disk"),
        ("/data", "gs://shop", "gs://shop"),
        ("/data", "gs://shop-2/live/spool", "gs://shop-2/live/spool"),
    ],
)
def test_the_spool_is_below_the_streaming_folder_unless_it_is_set(folder: str, spool: str, location: str) -> None:
    loaded = settings.load({"VITRINE_STREAMING_FOLDER": folder, "VITRINE_STREAMING_SPOOL": spool})
    assert loaded.spool_location == location


@pytest.mark.parametrize(
    ("folder", "checkpoint", "location"),
    [
        ("/data", "", "/data"),
        ("/data", "/fast/disk", "/fast/disk"),
        ("/data", "gs://shop", "gs://shop"),
        ("/data", "gs://shop-2/live/streaming", "gs://shop-2/live/streaming"),
    ],
)
def test_the_checkpoint_is_in_the_streaming_folder_unless_it_is_set(
    folder: str, checkpoint: str, location: str
) -> None:
    loaded = settings.load({"VITRINE_STREAMING_FOLDER": folder, "VITRINE_STREAMING_CHECKPOINT": checkpoint})
    assert loaded.checkpoint_location == location
    assert loaded.spool_location == f"{folder}/spool"


def test_settings_are_frozen() -> None:
    loaded = settings.load({})
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        loaded.postgres_port = 1  # type: ignore[misc]


def test_settings_come_only_from_what_load_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_POSTGRES_PORT", "6000")
    assert settings.load({}).postgres_port == 5432
    assert settings.load().postgres_port == 6000


def test_every_setting_is_described_and_no_secret_has_a_visible_default() -> None:
    described: dict[str, Any] = {name: (kind, default) for name, kind, default in settings.describe()}
    assert len(described) == len(settings.Settings.model_fields)
    assert described["VITRINE_POSTGRES_PORT"][1] == "5432"
    assert described["VITRINE_POSTGRES_PASSWORD"][1] == "(hidden)"


def test_settings_survive_the_way_to_another_process() -> None:
    loaded = settings.load({"VITRINE_REDIS_PASSWORD": SECRET})
    assert pickle.loads(pickle.dumps(loaded)) == loaded
