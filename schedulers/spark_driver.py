"""Runs the tasks of a plan on Apache Spark: spark-submit --master URL spark_driver.py PLAN COMMAND...

PLAN is a plan.json that every worker sees under the same path, COMMAND what starts feature-families there.
"""

import json
import subprocess
import sys

from pyspark.sql import SparkSession


def run(command, kind, plan, index):
    call = [*command, "task", kind, "--plan", plan, "--index", str(index), "--json"]
    done = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{kind} {index}: {done.stderr.strip()[-2000:]}")


def main(plan, *command):
    with open(plan) as file:
        planned = json.load(file)
    session = SparkSession.builder.appName("feature-families").getOrCreate()
    try:
        for kind, count in planned["tasks"].items():
            if count == 0:
                continue
            session.sparkContext.parallelize(range(count), count).foreach(
                lambda index, kind=kind: run(command, kind, plan, index)
            )
            print(json.dumps({"step": kind, "done": count, "total": count}), flush=True)
    finally:
        session.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
