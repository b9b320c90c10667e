"""Encode and training step of a top-k SAE in PyTorch, fp32: torch-peer.py D N K AUXK BATCH WIDE STEPS.

One line of JSON. An encode takes its rows from the computer's memory and brings the codes back to it."""

import json
import sys
import time

d, n, k, auxk, batch, wide, steps = map(int, sys.argv[1:8])
try:
    import torch
except ImportError as error:
    print(json.dumps({"absent": str(error)}))
    sys.exit(0)

torch.backends.cuda.matmul.allow_tf32 = False
torch.manual_seed(0)
cuda = torch.cuda.is_available()
device = "cuda" if cuda else "cpu"
all_rows = torch.nn.functional.normalize(torch.randn(wide, d), dim=1)
x = all_rows[:batch].to(device)
start = torch.nn.functional.normalize(torch.randn(n, d, device=device), dim=1)
encoder = torch.nn.Parameter(start.clone())
decoder = torch.nn.Parameter(start.T.contiguous())
pre_bias = torch.nn.Parameter(torch.zeros(d, device=device))
latent_bias = torch.nn.Parameter(torch.zeros(n, device=device))
parameters = [pre_bias, latent_bias, encoder, decoder]
optimizer = torch.optim.Adam(parameters, lr=1e-4)
since_fired = torch.zeros(n, dtype=torch.long, device=device)


def median(work):
    times = []
    for _ in range(steps):
        begin = time.perf_counter()
        work()
        if cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    later = sorted(times[2:])
    return later[len(later) // 2]


def encode(rows):
    with torch.no_grad():
        values, indices = torch.topk((rows.to(device) - pre_bias) @ encoder.T + latent_bias, k, dim=-1)
        return torch.relu(values).cpu(), indices.cpu()


def sparsify(pre, count):
    values, indices = torch.topk(pre, count, dim=-1)
    return torch.zeros_like(pre).scatter(-1, indices, torch.relu(values)), indices


def normalized_error(found, wanted):
    return ((found - wanted) ** 2).mean() / ((wanted.mean(dim=0) - wanted) ** 2).mean()


def step():
    pre = (x - pre_bias) @ encoder.T + latent_bias
    codes, fired = sparsify(pre, k)
    found = codes @ decoder.T + pre_bias
    since_fired.add_(1)
    since_fired[fired.unique()] = 0
    hidden, _ = sparsify(pre * (since_fired > 1), auxk)
    aux = normalized_error(hidden @ decoder.T, x - found.detach())
    loss = normalized_error(found, x) + aux.nan_to_num(0) / 32
    optimizer.zero_grad()
    loss.backward()
    with torch.no_grad():
        along = (decoder.grad * decoder).sum(dim=0, keepdim=True)
        decoder.grad -= along * decoder
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    with torch.no_grad():
        decoder.data /= decoder.data.norm(dim=0)
    return loss.item()


name = torch.cuda.get_device_name() if cuda else "CPU"
print(
    json.dumps(
        {
            "description": f"PyTorch {torch.__version__}, {name}, fp32",
            "product": median(lambda: x @ encoder.detach().T),
            "encode": median(lambda: encode(all_rows[:batch])),
            "wide": median(lambda: encode(all_rows)),
            "step": median(step),
        }
    )
)
