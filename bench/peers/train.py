"""Training steps of a top-k SAE in PyTorch: train.py FOLDER K AUXK BATCH BATCHES STEPS LEARNING_RATE WEAK WEAKNESS [PREFIXES]."""

from peer import ARGUMENTS, need, path, report, timed

np, torch = need("numpy", "torch")
k, auxk, batch, batches, steps = map(int, ARGUMENTS[:5])
rows = torch.from_numpy(np.load(path("training.npy")))
start = torch.from_numpy(np.load(path("training-start.npy")))
weak = start.clone()
weak[:: int(ARGUMENTS[6])] *= float(ARGUMENTS[7])
encoder = torch.nn.Parameter(weak)
decoder = torch.nn.Parameter(start.T.contiguous())
pre_bias = torch.nn.Parameter(torch.zeros(rows.shape[1]))
latent_bias = torch.nn.Parameter(torch.zeros(len(start)))
prefixes = [int(end) for end in ARGUMENTS[8].split(",")] if len(ARGUMENTS) > 8 else []
parameters = [pre_bias, latent_bias, encoder, decoder]
optimizer = torch.optim.Adam(parameters, lr=float(ARGUMENTS[5]))
since_fired = torch.zeros(len(start), dtype=torch.long)


def sparsify(pre, count):
    values, indices = torch.topk(pre, count, dim=-1)
    return torch.zeros_like(pre).scatter(-1, indices, torch.relu(values)), indices


def normalized_error(found, wanted):
    spread = ((wanted.mean(dim=0) - wanted) ** 2).mean()
    return ((found - wanted) ** 2).mean() / spread


def step(x):
    pre = (x - pre_bias) @ encoder.T + latent_bias
    codes, fired = sparsify(pre, k)
    found = codes @ decoder.T + pre_bias
    nested = [codes[:, :end] @ decoder.T[:end] + pre_bias for end in prefixes] or [found]
    since_fired.add_(1)
    since_fired[fired.unique()] = 0
    dead = since_fired > 1
    hidden, _ = sparsify(pre * dead, auxk)
    aux = normalized_error(hidden @ decoder.T, x - found.detach())
    loss = sum(normalized_error(each, x) for each in nested) / len(nested) + aux.nan_to_num(0) / 32
    optimizer.zero_grad()
    loss.backward()
    with torch.no_grad():
        along = (decoder.grad * decoder).sum(dim=0)
        decoder.grad.sub_(along * decoder)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        decoder.div_(decoder.norm(dim=0))
    return loss.item(), int(dead.sum())


blocks = [rows[(at % batches) * batch :][:batch] for at in range(steps)]
measured = [timed(lambda: step(block)) for block in blocks]
times = sorted(seconds for _, seconds in measured[2:])
losses, dead = zip(*(found for found, _ in measured))
report(seconds=times[len(times) // 2], losses=losses, dead=dead[-1])
