// From a file of texts to an atlas, with nothing but this package: embeds the texts, trains an SAE, finds families.
//   node examples/own-corpus.js [CORPUS] [OUT] [LIMIT]
// CORPUS is .jsonl, .csv or .parquet with a text (and id, title) in each row; default the sample's nouns. OUT is the
// folder of the atlas, default families/own, and LIMIT how many documents are taken, default 2000.
import path from "node:path";
import { buildAtlas, createOfflineEmbedder, embedCorpus, readCorpus } from "feature-families";
import { familyName } from "feature-families/families";

const [corpus = "data/wordnet/documents.jsonl", out = "families/own", limit = "2000"] =
  process.argv.slice(2);
const documents = (await readCorpus(corpus)).slice(0, Number(limit));

// For better embeddings give createEmbeddingModel({ model: "text-embedding-3-small" }) in its place.
const embedder = await createOfflineEmbedder();
const source = path.join(out, "source");
const { failed } = await embedCorpus(documents, embedder, source, { parallel: 1 });
console.log(
  `${documents.length - failed.length} documents embedded by ${embedder.id}, ${embedder.d} wide`,
);

// A rule of thumb: 10 to 20 documents per latent, and k from 4 for short texts to 64 for abstracts.
const atlas = await buildAtlas({
  dir: out,
  corpus: path.join(source, "documents.jsonl"),
  embeddings: path.join(source, "embeddings.npy"),
  training: { k: 4, n: 128, epochs: 20, lr: 3e-3, batch: 128 },
  embedder,
});
console.log(`steps run: ${atlas.built?.ran.join(", ")}`);

const labels = await atlas.labels();
for (const family of (await atlas.families()).slice(0, 5)) {
  console.log(`family ${familyName(family)}, ${family.members.length} members`);
  for (const { latent, depth } of family.members.slice(0, 5)) {
    console.log(`${"  ".repeat(depth)}${labels.get(latent)?.text || `latent ${latent}`}`);
  }
}

const [nearest] = (await atlas.search("something to eat", { limit: 1 })).hits;
console.log(`nearest to "something to eat": ${nearest.title}`);
await atlas.close();
