"""What every peer needs: its arguments, timing, and one line of JSON with its peak memory."""

import importlib
import json
import os
import resource
import sys
import time

FOLDER = sys.argv[1]
ARGUMENTS = [argument for argument in sys.argv[2:] if argument != "--quick"]
QUICK = "--quick" in sys.argv


def need(*names):
    """Imports modules; if one is missing, reports the peer as absent and exits."""
    modules = []
    for name in names:
        try:
            modules.append(importlib.import_module(name))
        except ImportError as error:
            report(absent=str(error))
            sys.exit(0)
    return modules[0] if len(modules) == 1 else modules


def timed(work):
    """The result of `work` and its seconds."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def peak_mb():
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(**measured):
    print(json.dumps({"peakMB": peak_mb(), **measured}))


def path(name):
    return os.path.join(FOLDER, name)
