"""Runs the tasks of a plan on Ray: python ray_driver.py ADDRESS PLAN COMMAND...

ADDRESS is that of a cluster, or "local" for one of this machine. PLAN is a plan.json that every node sees under the same
path, COMMAND what starts feature-families there.
"""

import json
import subprocess
import sys

import ray


def run(command, kind, plan, index):
    call = [*command, "task", kind, "--plan", plan, "--index", str(index), "--json"]
    done = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{kind} {index}: {done.stderr.strip()[-2000:]}")


def main(address, plan, *command):
    with open(plan) as file:
        planned = json.load(file)
    local = {"_node_ip_address": "127.0.0.1", "include_dashboard": False} if address == "local" else {}
    ray.init(address=address, log_to_driver=False, **local)
    task = ray.remote(max_retries=3, retry_exceptions=True)(run)
    try:
        for kind, count in planned["tasks"].items():
            waiting = [task.remote(command, kind, plan, index) for index in range(count)]
            while waiting:
                done, waiting = ray.wait(waiting)
                ray.get(done)
                print(json.dumps({"step": kind, "done": count - len(waiting), "total": count}), flush=True)
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
