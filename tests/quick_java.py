"""The Java that Spark runs on where it lives for half a minute: in tests, and in trials of recovery."""

# Less time than what the optimising compiler makes of code takes to pay, and so small a heap that collecting it
# beside the work only costs. The code's place as large as with both compilers: see jobs.batch.session.
_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"

# Not by a file of Spark's defaults: its folder would be on Java's class path, and another path than the archive of
# classes was made with is one that Java does not use it for.
ENVIRONMENT = {
    "PYSPARK_SUBMIT_ARGS": f"--conf 'spark.driver.defaultJavaOptions={_OPTIONS}' pyspark-shell",
    # The Java that says how Spark's is to be started.
    "SPARK_LAUNCHER_OPTS": _OPTIONS,
}
