"""A maximum spanning forest of the benchmark's edges with scipy: the minimum one of the negated weights."""

from peer import need, path, report, timed

np, sparse, csgraph = need("numpy", "scipy.sparse", "scipy.sparse.csgraph")
ends = np.load(path("edges.npy"))
weights = np.load(path("weights.npy")).astype(np.float64)
n = int(ends.max()) + 1
graph = sparse.csr_matrix((-weights, (ends[:, 0], ends[:, 1])), shape=(n, n))
forest, seconds = timed(lambda: csgraph.minimum_spanning_tree(graph))
report(seconds=seconds, kept=int(forest.nnz), total=float(-forest.sum()))
