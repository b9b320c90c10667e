"""Class-based TF-IDF of each latent's documents with scikit-learn: keywords.py FOLDER DOCUMENTS ATLAS."""

import glob
import json

from peer import ARGUMENTS, need, report, timed

np, sparse, text = need("numpy", "scipy.sparse", "sklearn.feature_extraction.text")
documents, atlas = ARGUMENTS
with open(documents) as lines:
    texts = [json.loads(line)["text"] for line in lines]
name = glob.glob(f"{atlas}/topk_indices_*.npy")[0]
n = int(name.rsplit("_", 1)[1].removesuffix(".npy"))
indices = np.load(name)
values = np.load(name.replace("indices", "values"))
rows, k = indices.shape

vectorizer = text.CountVectorizer(stop_words="english", ngram_range=(1, 2), min_df=2, binary=True)
words, index_seconds = timed(lambda: vectorizer.fit_transform(texts))


def label():
    codes = sparse.csr_matrix(
        (values.ravel(), indices.ravel(), np.arange(0, rows * k + 1, k)), shape=(rows, n)
    )
    counts = (codes.T @ words).tocsr()
    total = np.asarray(counts.sum(axis=0)).ravel()
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    rarity = np.log1p(lengths.mean() / np.maximum(total, 1e-9))
    names = vectorizer.get_feature_names_out()
    labels = []
    for latent in range(n):
        start, end = counts.indptr[latent : latent + 2]
        scores = counts.data[start:end] * rarity[counts.indices[start:end]]
        best = counts.indices[start:end][np.argsort(-scores)[:3]]
        labels.append(", ".join(names[best]))
    return labels


_, label_seconds = timed(label)
report(index=index_seconds, label=label_seconds)
