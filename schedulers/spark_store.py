"""Encodes and counts on Apache Spark what lies where only Spark reads it, such as on S3, GCS or HDFS:
spark-submit --master URL spark_store.py WISH

WISH is JSON: `embeddings` (a URL of Parquet) and its `column`, `store` (a URL for codes and totals, named by `key`),
`sae` (a file that Spark hands to the workers), `encode` (what starts feature-families there, `{sae}` being that file), `k`, `n`,
`batch` (latents in one batch of pairs), `groupBytes` (codes that are counted at a time) and `countings`, the ways in which pairs are
counted: each has a `name` (what comes after that of its totals), `pairs` (what counts so) and `partials` (a local Arrow file for each
range of latents, as [path, from, to]), which hold the sums of all documents in the end. The last line that it prints has their number.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from urllib.parse import unquote

import pyarrow as pa
from pyspark import SparkFiles
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DoubleType, FloatType

CODES = "row long, indices array<int>, values array<float>"
PAIRS = "latent int, partner int, together int, dot long"


def report(step, done, total=1):
    print(json.dumps({"step": step, "done": done, "total": total}), flush=True)


def through(call, batches):
    """The batches that a program writes for those that it reads, both at a time."""
    first = next(batches, None)
    if first is None:
        return
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        failed = []

        def feed():
            try:
                with child.stdin, pa.ipc.new_stream(child.stdin, first.schema) as stream:
                    stream.write_batch(first)
                    for batch in batches:
                        stream.write_batch(batch)
            except BrokenPipeError:
                pass  # The program ended before its input, and says why.
            except BaseException as error:
                failed.append(error)
                child.kill()

        feeding = threading.Thread(target=feed, daemon=True)
        feeding.start()
        try:
            problem = None
            try:
                yield from pa.ipc.open_stream(child.stdout)
            except pa.ArrowInvalid as error:
                problem = error
            feeding.join()
            if failed:
                raise failed[0]
            if child.wait() != 0:
                errors.seek(0)
                raise RuntimeError(errors.read().decode(errors="replace").strip()[-2000:])
            if problem is not None:
                raise problem
        finally:
            child.kill()
            child.wait()


def program(words, sae):
    name = os.path.basename(sae)
    return lambda batches: through(
        [SparkFiles.get(name) if word == "{sae}" else word for word in words], batches
    )


def is_whole(session, url):
    done = session._jvm.org.apache.hadoop.fs.Path(url + "/_SUCCESS")
    return done.getFileSystem(session._jsc.hadoopConfiguration()).exists(done)


def open_vectors(session, url, column):
    """The vectors with the file and the place of each, and its files with their rows in the order of one process."""
    table = session.read.option("recursiveFileLookup", "true").parquet(url)
    lists = [
        field.name
        for field in table.schema.fields
        if isinstance(field.dataType, ArrayType)
        and isinstance(field.dataType.elementType, (FloatType, DoubleType))
    ]
    chosen = column or ("embedding" if "embedding" in lists else lists[0] if len(lists) == 1 else None)
    if chosen not in lists:
        raise SystemExit(f"{url}: expected one column of number lists, found {', '.join(lists) or 'none'}")
    files = table.groupBy(
        F.col("_metadata.file_path").alias("file"),
        F.col("_metadata.file_size").alias("size"),
        F.col("_metadata.file_modification_time").cast("string").alias("modified"),
    ).count()
    # As JavaScript sorts.
    found = sorted(files.collect(), key=lambda file: unquote(file["file"]).encode("utf-16-be"))
    if not found:
        raise SystemExit(f"{url}: contains no embeddings")
    vectors = table.select(
        F.col("_metadata.file_path").alias("file"),
        F.col("_metadata.row_index").alias("place"),
        F.col(chosen).cast("array<float>").alias("embedding"),
    )
    return vectors, found


def encode(session, wish, vectors, files, codes):
    starts, rows = [], 0
    for file in files:
        starts.append((file["file"], rows))
        rows += file["count"]
    known = session.createDataFrame(starts, "file string, start long")
    numbered = vectors.join(F.broadcast(known), "file").select(
        (F.col("start") + F.col("place")).alias("row"), "embedding"
    )
    encoded = numbered.mapInArrow(program(wish["encode"], wish["sae"]), CODES)
    # What our own shards of codes note of themselves, so that readers need not be given it.
    note = {"feature-families.codes": json.dumps({"k": wish["k"], "n": wish["n"]}, separators=(",", ":"))}
    noted = encoded.select("row", F.col("indices").alias("indices", metadata=note), "values")
    noted.write.mode("overwrite").parquet(codes)


def count(session, wish, counting, codes, totals):
    session.conf.set("spark.sql.files.openCostInBytes", "0")
    session.conf.set("spark.sql.files.maxPartitionBytes", str(wish["groupBytes"]))
    read = session.read.parquet(codes).select("indices", "values")
    pairs = read.mapInArrow(program(counting["pairs"], wish["sae"]), PAIRS)
    batch = F.floor(F.col("latent") / wish["batch"]).cast("int").alias("batch")
    # By batch alone, so that pairs move once.
    summed = (
        pairs.select("*", batch)
        .repartition("batch")
        .groupBy("batch", "latent", "partner")
        .agg(F.sum("together").cast("int").alias("together"), F.sum("dot").alias("dot"))
        .sortWithinPartitions("batch", "latent", "partner")
    )
    summed.write.mode("overwrite").partitionBy("batch").parquet(totals)


def fetch(session, wish, counting, totals):
    """Writes the sums as the pairs of one group, in the batches that readers expect, empty ones too."""
    whole = session.read.parquet(totals)
    kinds = {"latent": pa.int32(), "partner": pa.int32(), "together": pa.int32(), "dot": pa.int64()}
    schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in kinds.items()])
    for path, first, end in counting["partials"]:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with pa.OSFile(path + ".tmp-spark", "wb") as file, pa.ipc.new_stream(file, schema) as stream:
            for start in range(first, end, wish["batch"]):
                table = whole.where(F.col("batch") == start // wish["batch"]).select(*kinds).toArrow()
                ordered = table.sort_by([("latent", "ascending"), ("partner", "ascending")]).cast(schema)
                columns = [column.combine_chunks() for column in ordered.columns]
                stream.write_batch(pa.record_batch(columns, schema=schema))
                report("fetch", min(end, start + wish["batch"]), wish["n"])
        os.replace(path + ".tmp-spark", path)


def main(wish):
    session = (
        SparkSession.builder.appName("feature-families")
        # Batches of Arrow are limited by their rows, whatever these weigh.
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "2000")
        .getOrCreate()
    )
    try:
        session.sparkContext.addFile(wish["sae"])
        # A part of one file each, so that rows ascend in every file of codes.
        session.conf.set(
            "spark.sql.files.openCostInBytes", session.conf.get("spark.sql.files.maxPartitionBytes")
        )
        vectors, files = open_vectors(session, wish["embeddings"], wish["column"])
        inputs = json.dumps([wish["key"], [list(file) for file in files]])
        key = hashlib.sha256(inputs.encode()).hexdigest()[:12]
        codes, totals = (f"{wish['store']}/{kind}-{key}" for kind in ("codes", "totals"))
        report("encode", 0)
        if not is_whole(session, codes):
            encode(session, wish, vectors, files, codes)
        report("encode", 1)
        for counting in wish["countings"]:
            sums = totals + counting["name"]
            if not is_whole(session, sums):
                count(session, wish, counting, codes, sums)
            report("pairs", 1)
            fetch(session, wish, counting, sums)
        documents = sum(file["count"] for file in files)
        print(json.dumps({"documents": documents, "codes": codes, "totals": totals}), flush=True)
    except SystemExit as refused:
        print(json.dumps({"problem": str(refused)}), flush=True)
        sys.exit(1)
    finally:
        session.stop()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
