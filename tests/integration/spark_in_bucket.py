"""The streaming job with its checkpoint at a name of a bucket, where there is no connector of Google's."""

import os
import shlex
from collections import Counter
from pathlib import Path

from google.cloud import storage

from tests.object_server import Meddler, ObjectServer


class SparkInBucket:
    """Lets Spark write ``gs://shop/live`` without Google's connector, and the bucket have what it has written.

    Hadoop's own file system of links takes the connector's place and leads into a folder; it is none of those that
    Spark's usual file manager can use, so the other one does. Whoever asks the object server for something that Spark
    keeps gets it as an object: it is put into the bucket before the request is passed on. Notes go straight there.
    """

    def __init__(self, folder: Path, server: ObjectServer) -> None:
        self.folder = folder / "shop"
        (self.folder / "live").mkdir(parents=True)
        # What Python asks for, by method and object.
        self.asked: Counter[tuple[str, str]] = Counter()
        self._bucket: storage.Bucket = server.bucket("shop")
        self._meddler = Meddler(server.endpoint)
        self._meddler.on_request = self._bring
        options = {
            "spark.hadoop.fs.gs.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
            "spark.hadoop.fs.viewfs.overload.scheme.target.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
            "spark.hadoop.fs.viewfs.mounttable.shop.link./live": (self.folder / "live").as_uri(),
            "spark.sql.streaming.checkpointFileManagerClass": (
                "org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager"
            ),
        }
        self._options = shlex.join(it for name, value in options.items() for it in ("--conf", f"{name}={value}"))

    @property
    def reads(self) -> Counter[str]:
        """How often each object was read."""
        return Counter({name: count for (method, name), count in self.asked.items() if method == "GET"})

    @property
    def environment(self) -> dict[str, str]:
        return {
            "VITRINE_STREAMING_CHECKPOINT": "gs://shop/live",
            "VITRINE_STORAGE_ENDPOINT": self._meddler.endpoint,
            "PYSPARK_SUBMIT_ARGS": f"{self._options} {os.environ.get('PYSPARK_SUBMIT_ARGS', 'pyspark-shell')}",
        }

    def close(self) -> None:
        self._meddler.close()

    def _bring(self, method: str, name: str) -> str:
        self.asked[method, name] += 1
        if method == "GET" and not name.startswith("/"):
            # A listing has no name, and is of the entries of the offset log.
            asked = [self.folder / name] if name else (self.folder / "live").glob("checkpoint/offsets/*")
            for path in asked:
                if path.is_file():
                    self._bucket.blob(path.relative_to(self.folder).as_posix()).upload_from_string(path.read_bytes())
        return Meddler.PASS
