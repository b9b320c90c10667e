"""C and D with dense blocks in PyTorch, over some of the documents: coactivation-torch.py FOLDER CODES."""

import glob

from peer import ARGUMENTS, QUICK, need, report, timed

np, torch = need("numpy", "torch")
(codes,) = ARGUMENTS
values_file = glob.glob(f"{codes}/topk_values_*.npy")[0]
n = int(values_file.rsplit("_", 1)[1].removesuffix(".npy"))
all_indices = np.load(glob.glob(f"{codes}/topk_indices_*.npy")[0], mmap_mode="r")
documents = len(all_indices) if QUICK else len(all_indices) // 40
indices = torch.from_numpy(all_indices[:documents].astype(np.int64))
values = torch.from_numpy(np.array(np.load(values_file, mmap_mode="r")[:documents]))
BLOCK = 4096


@torch.inference_mode()
def multiply(source):
    total = torch.zeros(n, n)
    for start in range(0, documents, BLOCK):
        some = indices[start : start + BLOCK]
        dense = torch.zeros(len(some), n).scatter_(1, some, source[start : start + BLOCK])
        total.addmm_(dense.T, dense)
    return total


scale = len(all_indices) / documents
_, counts = timed(lambda: multiply(torch.ones_like(values)))
norms = torch.zeros(n).index_add_(0, indices.ravel(), values.ravel() ** 2).sqrt()
_, cosines = timed(lambda: multiply(values / norms.clamp_min(1e-12)[indices]))
report(counts=counts * scale, cosines=cosines * scale, documents=documents)
