"""C and D with scipy.sparse: coactivation-scipy.py FOLDER CODES. Compares some rows with ours."""

import glob

from peer import ARGUMENTS, need, path, peak_mb, report, timed

np, sparse = need("numpy", "scipy.sparse")
(codes,) = ARGUMENTS
indices = np.load(glob.glob(f"{codes}/topk_indices_*.npy")[0])
values_file = glob.glob(f"{codes}/topk_values_*.npy")[0]
values = np.load(values_file)
n = int(values_file.rsplit("_", 1)[1].removesuffix(".npy"))
rows, k = indices.shape
pointers = np.arange(0, rows * k + 1, k)


def matrix(data):
    return sparse.csr_matrix((data, indices.ravel(), pointers), shape=(rows, n))


def count():
    active = matrix(np.ones(rows * k, dtype=np.int32))
    return active.T @ active


def compare_cosines():
    active = matrix(values.ravel())
    norms = np.sqrt(np.asarray(active.multiply(active).sum(axis=0)).ravel())
    scale = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    scaled = matrix((values.ravel() * scale[indices.ravel()]).astype(np.float32))
    return scaled.T @ scaled


chosen = np.load(path("rows.npy")).astype(np.int64)
counts, count_seconds = timed(count)
count_rows = counts.tocsr()[chosen].toarray()
peak = peak_mb()
del counts
cosines, cosine_seconds = timed(compare_cosines)
cosine_rows = cosines.tocsr()[chosen].toarray()
report(
    counts=count_seconds,
    cosines=cosine_seconds,
    unequal=int((count_rows != np.load(path("rows-counts.npy"))).sum()),
    difference=float(abs(cosine_rows - np.load(path("rows-cosines.npy"))).max()),
    peakMB=peak,
)
