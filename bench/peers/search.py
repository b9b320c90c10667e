"""Nearest rows by cosine with NumPy, float32: search.py FOLDER COUNT."""

import time

from peer import ARGUMENTS, need, path, report, timed

np = need("numpy")
count = int(ARGUMENTS[0])


def load():
    rows = np.load(path("search.npy"))
    return rows, 1 / np.sqrt(np.einsum("ij,ij->i", rows, rows))


(rows, inverse), seconds = timed(load)
queries = np.load(path("queries.npy"))


def search(query):
    scores = (rows @ (query / np.linalg.norm(query))) * inverse
    best = np.argpartition(-scores, count)[:count]
    return best[np.lexsort((best, -scores[best]))]


found, times = [], []
for query in queries:
    start = time.perf_counter()
    found.append([int(row) for row in search(query)])
    times.append(1000 * (time.perf_counter() - start))
first, *rest = times
report(
    load=seconds,
    first=first,
    median=sorted(rest)[len(rest) // 2],
    slowest=max(rest),
    rows=found,
)
