"""Reads the benchmark's files with numpy, torch and safetensors; writes those that only Python can write first."""

from peer import need, path, report, timed

np = need("numpy")
try:
    import torch
except ImportError:
    torch = None
try:
    from safetensors.numpy import load_file
except ImportError:
    load_file = None
ROUNDS = 5


def fastest(work):
    return min(timed(work)[1] for _ in range(ROUNDS))


embeddings = np.load(path("embeddings.npy"))
np.save(path("wide.npy"), (embeddings[: len(embeddings) // 2] * 1e6).astype(np.int64).clip(0))
ways = {
    "embeddings.npy": np.load,
    "half.npy": lambda name: np.load(name).astype(np.float32),
    "wide.npy": lambda name: np.load(name).astype(np.uint32),
}
if torch is not None:
    half = torch.from_numpy(embeddings)
    state = {"pre_bias": half[0], "encoder.weight": half[: len(half) // 2].T, "decoder.weight": half}
    torch.save({name: value.clone() for name, value in state.items()}, path("state.pth"))
    ways["state.pth"] = lambda name: torch.load(name, weights_only=True)
if load_file is not None:
    ways["random_64.safetensors"] = load_file
report(seconds={name: fastest(lambda: way(path(name))) for name, way in ways.items()})
