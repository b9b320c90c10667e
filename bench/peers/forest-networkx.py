"""A maximum spanning forest of the benchmark's edges with networkx."""

from peer import need, path, report, timed

np, networkx = need("numpy", "networkx")
ends = np.load(path("edges.npy"))
weights = np.load(path("weights.npy"))
graph = networkx.Graph()
graph.add_weighted_edges_from(
    (low, high, weight)
    for (low, high), weight in zip(ends.tolist(), weights.astype(np.float64).tolist())
)
forest, seconds = timed(lambda: networkx.maximum_spanning_tree(graph))
report(seconds=seconds, kept=forest.number_of_edges(), total=forest.size(weight="weight"))
