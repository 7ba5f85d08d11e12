#!/usr/bin/env bash
# Dataproc's initialization action: third-party wheels for Python 3.12 into /opt/vitrine, from a wheelhouse and by
# hash. Our own code is not here: it comes with each job. No index is asked: nodes have no way to the internet.
#
# WHEELHOUSE and TARGET and STATE are for trying it elsewhere.
set -euo pipefail

wheelhouse=${WHEELHOUSE:-$(/usr/share/google/get_metadata_value attributes/wheelhouse)}
target=${TARGET:-/opt/vitrine}
state=${STATE:-/var/lib/vitrine}

# The image's own python3 is another version and managed by the system; 3.12 is Spark's, wherever the image has it.
python_312() {
  local candidate
  for candidate in "$(command -v python3.12 || true)" /opt/*/bin/python3.12 /opt/*/*/bin/python3.12 \
    /opt/*/*/*/bin/python3.12 /opt/*/*/*/*/bin/python3.12; do
    if [ -x "$candidate" ] && "$candidate" -c 'import sys, ensurepip; sys.exit(sys.version_info[:2] != (3, 12))'; then
      # Not by its link: an environment looks for its standard library from where its interpreter lies.
      readlink -f "$candidate"
      return
    fi
  done
  echo "vitrine: this image has no Python 3.12 with ensurepip; looked at PATH and below /opt" >&2
  return 1
}

copy() {
  case $1 in
    gs://*) gcloud storage cp --recursive --no-user-output-enabled "$1" "$2" ;;
    *) cp -R "$1" "$2" ;;
  esac
}

python=$(python_312)
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT

# `current` names the newest lock's folder: a node sees all of its wheels or none.
copy "$wheelhouse/current" "$aside/current"
lock=$(tr -d '[:space:]' < "$aside/current")
copy "$wheelhouse/$lock" "$aside/wheels"

"$python" -m venv --clear "$target"
PIP_NO_INDEX=1 PIP_FIND_LINKS=$aside/wheels "$target/bin/python" -m pip install --quiet --disable-pip-version-check \
  --require-hashes --requirement "$aside/wheels/requirements.txt"
"$target/bin/python" -c 'import pandas, pyarrow, sys; assert sys.version_info[:2] == (3, 12), sys.version; assert pandas.__version__ < "3"'
# Written last: entry.py takes packages without it for none at all.
echo "$lock" > "$target/lock"
# Whoever Dataproc runs drivers as: what they put there is their own.
install --directory --mode=1777 "$state"
echo "vitrine: packages of the lock $lock are in $target"
