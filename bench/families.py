"""The same work as bench/families.ts with scipy and networkx; called by it. Prints one JSON line each."""
import json
import resource
import sys
import time

import numpy as np


def timed(what, run, **facts):
    start, cpu = time.perf_counter(), time.process_time()
    found = run()
    row = {"what": what, "seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu}
    row["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({**row, **{name: of(found) for name, of in facts.items()}}), flush=True)
    return found


folder, n = sys.argv[1], int(sys.argv[2])
indices, values, low, high, weight = (
    np.load(f"{folder}/{name}.npy") for name in ("indices", "values", "low", "high", "weight")
)


def coactivation():
    rows, k = indices.shape
    starts = np.arange(rows + 1) * k
    member = csr_matrix((np.ones(indices.size, np.float32), indices.ravel(), starts), (rows, n))
    active = csr_matrix((values.ravel(), indices.ravel(), starts), (rows, n))
    norms = np.sqrt(np.asarray(active.multiply(active).sum(0)).ravel())
    norms[norms == 0] = 1
    active = active @ diags(1 / norms).astype(np.float32)
    return member.T @ member, active.T @ active


def forest():
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from(zip(low.tolist(), high.tolist(), weight.tolist()))
    return nx.maximum_spanning_tree(graph)


try:
    from scipy.sparse import csr_matrix, diags

    timed("scipy: co-activation", coactivation, pairs=lambda found: (found[0].nnz - n) // 2)
except ImportError:
    print("scipy is not there", file=sys.stderr)
try:
    import networkx as nx

    timed("networkx: spanning forest alone", forest, edges=lambda found: found.number_of_edges())
except ImportError:
    print("networkx is not there", file=sys.stderr)
