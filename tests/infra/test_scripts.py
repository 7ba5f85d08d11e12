"""What the commands ask of Terraform and gcloud, and in which order; both are recorders here."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from contracts.live import WINDOWS
from dashboard.formats import Language
from dashboard.stream import FRAME_PATH
from tests.project.files import ROOT

_RECORDER = """#!/usr/bin/env bash
printf '%s %s\\n' "${0##*/}" "$*" >> "$CALLS"
if [ -n "${REFUSED:-}" ] && [[ "$*" == *"$REFUSED"* ]]; then exit 1; fi
"""
# What was published comes out of the subscription of rejected messages, if it is no order and ingest works.
_GCLOUD = (
    _RECORDER
    + """
poison() { sed -n 's/.*--message=\\(not-json-[^ ]*\\).*/\\1/p' "$CALLS" | tr -d '\\n' | base64 | tr -d '\\n'; }
case "$*" in
  *"scheduler jobs describe"*) printf "$SCHEDULES" ;;
  *"pubsub subscriptions pull rejeitados-inspecao"*)
    printf '[{"message": {"data": "%s", "attributes": {"codigo": "%s"}}}]' "$(poison)" "$REJECTED_CODE" ;;
  *"pubsub subscriptions pull vitrine-smoke-"*)
    printf '[{"ackId": "again", "message": {"data": "%s"}}]' "$(poison)" ;;
  *"pubsub subscriptions pull mensagens_mortas-inspecao"*)
    printf '[{"ackId": "other", "message": {"data": "e30="}}'
    if grep -q -- "--ack-ids=again --ack-deadline=0" "$CALLS" && [ -z "$LETTER_LOST" ]; then
      printf ', {"ackId": "letter", "message": {"data": "%s"}}' "$(poison)"
    fi
    printf ']' ;;
  *"projects describe"*) printf 123456789012 ;;
  *"auth print-identity-token") printf token ;;
esac
"""
)
_CURL = (
    _RECORDER
    + """
case "$*" in
  *"/_stcore/health") printf ok ;;
  *"/vitrine/frame?window=5min&language=en") printf '{"at": "12:00:00", "newest": %s, "state": {}}' "$NEWEST" ;;
  *) exit 22 ;;
esac
"""
)
# Answers what a deployment in another region than the default would; destroying fails as often as it is told to.
_TERRAFORM = (
    _RECORDER
    + """
case "$*" in
  *"output -raw region") printf southamerica-east1 ;;
  *"output -json")
    printf '{"region": {"value": "southamerica-east1"}, "environment": {"value": "%s"},' "$ENVIRONMENT_DEPLOYED"
    printf '"streaming_checkpoint": {"value": "%s"}}' "$CHECKPOINT" ;;
  *"output -raw dashboard_address") printf http://127.0.0.1:8501 ;;
  *"output -raw simulators_stop") printf 'echo stopped' ;;
  *"output -raw simulators_start") printf 'gcloud run jobs execute vitrine-simulators' ;;
  *"output -json snapshot_subscriptions") printf '["vendas-tempo-real"]' ;;
  *" destroy "*"-target"*) ;;
  *" destroy "*) test "$(grep -c ' destroy .*-auto-approve$' "$CALLS")" -gt "$FAILURES" ;;
esac
"""
)


class Commands:
    """Runs the scripts of a copy of the checkout."""

    def __init__(self, folder: Path) -> None:
        self.calls_file = folder / "calls"
        programs = folder / "bin"
        programs.mkdir()
        for name, text in (("terraform", _TERRAFORM), ("gcloud", _GCLOUD), ("curl", _CURL)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        (folder / "infra" / "terraform" / "environments").mkdir(parents=True)
        for name in ("dev", "prod"):
            (folder / "infra" / "terraform" / "environments" / f"{name}.tfvars").touch()
        self._scripts = folder / "infra" / "scripts"
        shutil.copytree(ROOT / "infra" / "scripts", self._scripts)
        self._path = f"{programs}{os.pathsep}{os.environ['PATH']}"

    def run(self, name: str, **variables: str) -> tuple[int, str]:
        """Exit code, and what was said."""
        ended = subprocess.run(
            ["bash", str(self._scripts / name)],
            env={
                "PATH": self._path, "CALLS": str(self.calls_file), "FAILURES": "0", "ENVIRONMENT_DEPLOYED": "dev",
                "PROJECT": "loja-1", "AUTO_APPROVE": "1", "PAUSE_SECONDS": "0", "REJECTED_SECONDS": "0",
                "DASHBOARD_SECONDS": "0", "LETTER_SECONDS": "0", "LETTER_LOST": "",
                "SCHEDULES": "ENABLED", "REJECTED_CODE": "json_invalido",
                "CHECKPOINT": "",
                "NEWEST": "99999999999", **variables,
            },
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )  # fmt: skip
        return ended.returncode, ended.stdout + ended.stderr

    def calls(self, beginning: str) -> list[str]:
        """What was asked of a program, without the folder."""
        lines = self.calls_file.read_text("utf-8").splitlines()
        plain = [" ".join(word for word in it.split() if not word.startswith("-chdir")) for it in lines]
        return [it for it in plain if it.startswith(beginning)]


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path)


HERE = "-var=project_id=loja-1 -var=region=southamerica-east1 -var-file=environments/dev.tfvars"


def test_a_forgotten_region_is_the_deployed_one_and_the_state_is_remote(commands: Commands, tmp_path: Path) -> None:
    assert commands.run("deploy")[0] == 0
    assert commands.calls("terraform apply") == [f"terraform apply {HERE} -auto-approve -input=false"]
    written = (tmp_path / "infra" / "terraform" / "backend_override.tf").read_text("utf-8")
    assert 'bucket = "loja-1-vitrine-state"' in written


def test_the_state_s_bucket_is_made_closed_and_versioned(commands: Commands) -> None:
    assert commands.run("deploy", REFUSED="storage buckets describe")[0] == 0
    [made] = commands.calls("gcloud storage buckets create")
    assert made.split()[4] == "gs://loja-1-vitrine-state"
    assert {"--uniform-bucket-level-access", "--public-access-prevention"} <= set(made.split())
    assert commands.calls("gcloud storage buckets update") == [
        "gcloud storage buckets update gs://loja-1-vitrine-state --versioning"
    ]


def test_a_state_that_cannot_be_read_moves_nothing_to_another_region(commands: Commands) -> None:
    assert commands.run("deploy", REFUSED="output -json")[0] != 0
    assert commands.calls("terraform apply") == []


def test_a_deployment_takes_a_snapshot_before_it_changes_anything(commands: Commands) -> None:
    commands.run("deploy")
    every = commands.calls("")
    snapshot = next(i for i, it in enumerate(every) if it.startswith("gcloud pubsub snapshots create before-"))
    assert "--subscription=vendas-tempo-real" in every[snapshot]
    assert snapshot < next(i for i, it in enumerate(every) if it.startswith("terraform apply"))


def test_what_a_new_project_must_answer_is_on_before_it_is_asked(commands: Commands) -> None:
    commands.run("deploy")
    enabled, first = commands.calls("")[0], commands.calls("terraform")[0]
    assert enabled.startswith("gcloud services enable serviceusage.googleapis.com cloudresourcemanager.googleapis.com")
    assert first == "terraform init -input=false -reconfigure"


def test_a_pause_drains_before_it_removes(commands: Commands) -> None:
    code, said = commands.run("pause")
    assert code == 0, said
    every = commands.calls("")
    drained = next(i for i, it in enumerate(every) if "--args=jobs.dataproc,streaming,drain" in it)
    paused = [i for i, it in enumerate(every) if it.startswith("gcloud scheduler jobs pause")]
    removed = next(i for i, it in enumerate(every) if it.startswith("terraform apply"))
    assert len(paused) == 2
    assert max(paused) < drained < removed
    assert every[removed].endswith("-var=paused=true")


def test_a_pause_that_stopped_half_way_is_repeated(commands: Commands) -> None:
    code, said = commands.run("pause", SCHEDULES="PAUSED")
    assert code == 0, said
    assert commands.calls("gcloud scheduler jobs pause") == []
    assert len(commands.calls("terraform apply")) == 1


def test_a_resume_starts_the_database_first(commands: Commands) -> None:
    assert commands.run("resume")[0] == 0
    assert [it.endswith("-target=module.postgres") for it in commands.calls("terraform apply")] == [True, False]


def test_a_cluster_is_replaced_between_the_end_of_a_job_and_the_next_one(commands: Commands) -> None:
    assert commands.run("replace-cluster", SCHEDULES="PAUSED")[0] == 0
    every = commands.calls("")
    steps = [
        "--args=jobs.dataproc,streaming,drain",
        "pubsub subscriptions seek",
        "-replace=module.spark.google_dataproc_cluster.streaming[0]",
        "--args=jobs.dataproc,streaming,ensure",
        "gcloud scheduler jobs resume vitrine-watch",
    ]
    places = [next(i for i, it in enumerate(every) if step in it) for step in steps]
    assert places == sorted(places)
    assert commands.calls("gcloud storage rm") == []


def test_a_checkpoint_in_a_bucket_is_removed_when_nobody_writes_it(commands: Commands) -> None:
    code, said = commands.run("replace-cluster", CHECKPOINT="gs://loja-1-vitrine-spool/streaming/checkpoint")
    assert code == 0, said
    every = commands.calls("")
    steps = [
        "-replace=module.spark.google_dataproc_cluster.streaming[0]",
        "gcloud storage rm --recursive gs://loja-1-vitrine-spool/streaming/checkpoint --quiet",
        "--args=jobs.dataproc,streaming,ensure",
    ]
    places = [next(i for i, it in enumerate(every) if step in it) for step in steps]
    assert places == sorted(places)


def test_a_checkpoint_that_was_never_made_is_not_missed(commands: Commands) -> None:
    code, said = commands.run("replace-cluster", CHECKPOINT="gs://loja-1-vitrine-spool/x", REFUSED="storage ls")
    assert code == 0, said
    assert commands.calls("gcloud storage rm") == []
    assert len([it for it in commands.calls("gcloud run") if "streaming,ensure" in it]) == 1


def test_a_checkpoint_that_cannot_be_removed_starts_no_job(commands: Commands) -> None:
    assert commands.run("replace-cluster", CHECKPOINT="gs://loja-1-vitrine-spool/x", REFUSED="storage rm")[0] != 0
    assert [it for it in commands.calls("gcloud run") if "streaming,ensure" in it] == []


def test_a_cluster_on_which_no_job_ends_is_replaced_all_the_same(commands: Commands) -> None:
    code, said = commands.run("replace-cluster", REFUSED="streaming,drain")
    assert code == 0, said
    assert "it ends with its cluster" in said
    assert len(commands.calls("terraform apply")) == 1


def test_a_network_that_is_held_is_tried_again_with_a_word_each_time(commands: Commands) -> None:
    code, said = commands.run("destroy", FAILURES="2")
    assert code == 0, said
    assert said.count("the network is still held") == 2
    whole = [it for it in commands.calls("terraform destroy") if "-target" not in it]
    assert len(whole) == 3


def test_a_network_that_is_never_let_go_ends_with_the_way_on(commands: Commands) -> None:
    code, said = commands.run("destroy", FAILURES="99", ATTEMPTS="3")
    assert code == 1
    assert "still held after 3 tries; later: make destroy PROJECT=loja-1" in said


def test_the_network_is_left_when_that_is_asked_for(commands: Commands) -> None:
    assert commands.run("destroy", KEEP_NETWORK="1")[0] == 0
    assert [it for it in commands.calls("terraform destroy") if "-target" not in it] == []


def test_prod_is_not_destroyed_by_the_command(commands: Commands) -> None:
    code, said = commands.run("destroy", ENVIRONMENT_DEPLOYED="prod")
    assert (code, "prod is protected" in said) == (1, True)
    assert commands.calls("terraform destroy") == []


def test_an_environment_that_there_is_not_is_refused(commands: Commands) -> None:
    code, said = commands.run("deploy", ENVIRONMENT="staging")
    assert (code, "there is no environment staging" in said) == (2, True)


@pytest.mark.parametrize("command", ["pause", "resume", "replace-cluster", "destroy"])
def test_a_command_ends_as_the_page_says(command: str, commands: Commands) -> None:
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    [shown] = re.findall(rf"^\| `make {command}` \| `(.+?)` \|", page, re.MULTILINE)
    code, said = commands.run(command, PROJECT="my-project")
    assert code == 0, said
    assert said.splitlines()[-1].partition(" ")[2].startswith(shown)


def smoke_lines(said: str) -> list[str]:
    """What was checked, without the times; what a failure wrote is indented."""
    return [it.partition(" ")[2] for it in said.splitlines() if not it.startswith(" ")]


def test_a_smoke_test_ticks_off_every_line_of_the_page(commands: Commands) -> None:
    code, said = commands.run("smoke")
    assert code == 0, said
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    shown = re.findall(r"^[0-9:]{8} (ok    .+)$", page, re.MULTILINE)
    assert len(shown) == 11
    assert smoke_lines(said) == shown


@pytest.mark.parametrize(
    ("circumstances", "failing"),
    [
        ({"NEWEST": "1"}, "the dashboard shows the order's moment"),
        ({"NEWEST": "null"}, "the dashboard shows the order's moment"),
        ({"REJECTED_CODE": ""}, "the poison message is rejected with its reason"),
        ({"LETTER_LOST": "1"}, "what is refused again and again is in the dead letter"),
        ({"REFUSED": "add-iam-policy-binding"}, "a subscription that refuses it waits for a poison message"),
        ({"REFUSED": "_stcore"}, "the dashboard answers"),
        ({"REFUSED": "jobs.dataproc,streaming,status"}, "exactly one streaming job of this revision runs"),
        ({"REFUSED": "jobs.dataproc,smoke,"}, "the order is in Postgres and in the live panes"),
        ({"REFUSED": "jobs.dataproc,batch,run,--wait"}, "a batch runs to its end"),
        ({"REFUSED": "plan -input=false -detailed-exitcode"}, "a second plan is empty"),
    ],
)
def test_a_smoke_test_says_what_failed_and_goes_on(
    circumstances: dict[str, str], failing: str, commands: Commands
) -> None:
    code, said = commands.run("smoke", **circumstances)
    assert code == 1
    lines = smoke_lines(said)
    assert [it for it in lines if it.startswith("FAILS ")] == [f"FAILS {failing}"]
    assert len(lines) == 11


def test_a_smoke_test_takes_its_own_letter_away_and_its_subscription(commands: Commands) -> None:
    commands.run("smoke")
    [acknowledged] = commands.calls("gcloud pubsub subscriptions ack")
    assert acknowledged.endswith(" mensagens_mortas-inspecao --project=loja-1 --ack-ids=letter")
    [made] = commands.calls("gcloud pubsub subscriptions create")
    [removed] = commands.calls("gcloud pubsub subscriptions delete")
    assert made.split()[4] == removed.split()[4]
    # It gets nothing but the poison message: what else it refused would be dead letters too.
    published = "\n".join(commands.calls("gcloud pubsub topics publish"))
    [order] = re.findall(r"--message=not-json-(\S+) --attribute=smoke=\1$", published, re.MULTILINE)
    assert f'--message-filter=attributes.smoke = "{order}"' in made


def test_a_smoke_test_asks_the_dashboard_where_it_answers() -> None:
    text = (ROOT / "infra" / "scripts" / "smoke").read_text("utf-8")
    [(path, window, language)] = re.findall(r"dashboard '(/[^?]+)\?window=(\w+)&language=(\w+)'", text)
    assert path == FRAME_PATH
    assert window in WINDOWS
    assert language in get_args(Language)
