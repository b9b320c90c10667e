"""Encodes the benchmark's embeddings with PyTorch: encode.py FOLDER K N."""

import os

from peer import ARGUMENTS, need, path, peak_mb, report, timed

np, torch = need("numpy", "torch")
k, n = map(int, ARGUMENTS)
BLOCK = 1024


def read_encoder(name):
    """encoder.weight of the benchmark's own .safetensors: a length, a JSON header, the tensors."""
    import json

    with open(name, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(size))["encoder.weight"]
        file.seek(8 + size + entry["data_offsets"][0])
        shape = entry["shape"]
        data = np.fromfile(file, dtype="<f4", count=shape[0] * shape[1])
    return torch.from_numpy(data.reshape(shape))


weight = read_encoder(path("random_64.safetensors"))
pre_bias = torch.zeros(weight.shape[1])
latent_bias = torch.zeros(weight.shape[0])
os.makedirs(path("codes-peer"), exist_ok=True)


@torch.inference_mode()
def encode():
    embeddings = np.load(path("embeddings.npy"), mmap_mode="r")
    shape = (len(embeddings), k)
    files = [path(f"codes-peer/topk_{name}.npy") for name in ("indices", "values")]
    indices = np.lib.format.open_memmap(files[0], "w+", np.int32, shape)
    values = np.lib.format.open_memmap(files[1], "w+", np.float32, shape)
    for start in range(0, len(embeddings), BLOCK):
        block = torch.from_numpy(np.array(embeddings[start : start + BLOCK]))
        pre = torch.addmm(latent_bias, block - pre_bias, weight.T)
        top, which = torch.topk(pre, k, dim=-1)
        end = start + len(block)
        values[start:end] = torch.relu(top).numpy()
        indices[start:end] = which.numpy()
    indices.flush()
    values.flush()
    return indices


indices, seconds = timed(encode)
peak = peak_mb()
ours = np.load(path(f"codes/topk_indices_{k}_{n}.npy"))
equal = (np.sort(ours, axis=1) == np.sort(indices, axis=1)).all(axis=1).mean()

with torch.inference_mode():
    x = weight[:1024].contiguous()
    product = [timed(lambda: x @ weight.T)[1] for _ in range(12)][2:]
gemm = 2 * len(x) * weight.shape[0] * weight.shape[1] / min(product) / 1e9
report(seconds=seconds, documents=len(ours), gemm=gemm, equal=float(equal), peakMB=peak)
