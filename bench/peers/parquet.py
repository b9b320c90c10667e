"""Embeddings in Parquet with pyarrow: parquet.py FOLDER write makes the files, parquet.py FOLDER read times reading them."""

import time

from peer import ARGUMENTS, QUICK, need, path, report

np, pa, pq = need("numpy", "pyarrow", "pyarrow.parquet")
ROWS, WIDTH, GROUP = (200, 1536, 50) if QUICK else (20_000, 1536, 5000)
ROUNDS = 6
SPLIT = {"embedding.list.element": "BYTE_STREAM_SPLIT"}
FILES = {
    "uncompressed": {"compression": "none"},
    "Snappy": {"compression": "snappy"},
    "Snappy, pages of version 2": {"compression": "snappy", "data_page_version": "2.0"},
    "dictionary (values of float16), Snappy": {"compression": "snappy"},
    "zstd": {"compression": "zstd"},
    "BYTE_STREAM_SPLIT, zstd": {"compression": "zstd", "use_dictionary": False, "column_encoding": SPLIT},
}


def write():
    values = np.random.default_rng(0).standard_normal((ROWS, WIDTH)).astype(np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    names = {}
    for group in (ROWS, GROUP):
        for what, options in FILES.items():
            some = values.astype(np.float16).astype(np.float32) if "float16" in what else values
            offsets = pa.array(np.arange(0, some.size + 1, WIDTH, dtype=np.int32))
            table = pa.table({"embedding": pa.ListArray.from_arrays(offsets, pa.array(some.ravel()))})
            name = f"pyarrow-{len(names)}.parquet"
            pq.write_table(table, path(name), row_group_size=group, **options)
            names[name] = what if group == ROWS else f"{what}, {ROWS // GROUP} row groups"
    report(files=names)


def read_matrix(name):
    lists = pq.read_table(path(name), columns=["embedding"]).column("embedding").combine_chunks()
    return lists.flatten().to_numpy(zero_copy_only=False).reshape(len(lists), -1)


def read(names):
    measured = {}
    for name in names:
        rounds = []
        for _ in range(ROUNDS):
            start, before = time.perf_counter(), time.process_time()
            matrix = read_matrix(name)
            rounds.append((time.perf_counter() - start, time.process_time() - before))
            assert matrix.shape == (ROWS, WIDTH)
            del matrix
        least = [min(times) for times in zip(*rounds)]
        measured[name] = {"seconds": least[0], "processorSeconds": least[1]}
    report(files=measured)


if ARGUMENTS[0] == "write":
    write()
else:
    read(ARGUMENTS[1:])
