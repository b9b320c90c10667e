"""Neighbours and layout with umap-learn, and exact neighbours with PyTorch if it is installed."""

import warnings

from peer import need, path, report, timed

warnings.filterwarnings("ignore")
np, umap = need("numpy", "umap")
try:
    import torch
except ImportError:
    torch = None
EPOCHS = 200
rows = np.load(path("directions.npy"))
# umap-learn counts a row among its own neighbours.
itself = np.arange(len(rows), dtype=np.int32)[:, None]
near = np.hstack([itself, np.load(path("nearest.npy"))])
scores = np.load(path("nearest-scores.npy"))
distances = np.hstack([np.zeros((len(rows), 1), np.float32), np.maximum(0, 1 - scores)])
count = near.shape[1]


def place(data, epochs=EPOCHS, **options):
    settings = {"n_neighbors": count, "metric": "cosine", "n_epochs": epochs, "min_dist": 0.1}
    return umap.UMAP(**settings, **options).fit_transform(data)


def exact():
    data = torch.from_numpy(rows)
    return [torch.topk(block @ data.T, count) for block in data.split(1024)]


def warm_up():
    """Compiles what the measured calls use: umap-learn uses a different algorithm below 4,096 rows."""
    place(rows[:4500], epochs=3)
    for options in ({}, {"random_state": 0}):
        place(rows, epochs=3, precomputed_knn=(near, distances, None), **options)


def from_exact(**options):
    return place(rows, precomputed_knn=(near, distances, None), **options)


_, compile_seconds = timed(warm_up)
seeded_places, seeded = timed(lambda: from_exact(random_state=0))
_, threaded = timed(from_exact)
_, whole = timed(lambda: place(rows))
np.save(path("places-peer.npy"), np.asarray(seeded_places, dtype=np.float32))
measured = {"seeded": seeded, "threaded": threaded, "whole": whole, "compile": compile_seconds}
if torch is not None:
    _, measured["exact"] = timed(exact)
report(**measured)
