import { invertCodes } from "../../src/core/index.js";
import { readCorpus } from "../../src/corpus/index.js";
import { readCodes } from "../../src/files/index.js";
import { indexWords } from "../../src/words/index.js";
import { labelByKeywords } from "../../src/labels/index.js";
import { figure, ratio, seconds } from "../format.js";
import { type Part, type Section, type TaskContext, isAbsent } from "../part.js";
import { markdownTable } from "../report.js";
import { atlasFolder, sampleAtlas } from "./demo.js";

interface Labelled {
  documents: number;
  latents: number;
  labelled: number;
  index: number;
  label: number;
  peakMB: number;
}

interface PeerLabelled {
  index: number;
  label: number;
  peakMB: number;
}

async function label({ folder }: TaskContext): Promise<Omit<Labelled, "peakMB">> {
  const documents = await readCorpus("data/wordnet/documents.jsonl");
  const texts = documents.map(({ text }) => text);
  const postings = invertCodes(await readCodes(atlasFolder(folder)));
  const start = performance.now();
  const index = indexWords(texts);
  const indexed = performance.now();
  const labels = labelByKeywords(index, postings);
  const ended = performance.now();
  return {
    documents: texts.length,
    latents: labels.length,
    labelled: labels.filter(({ text }) => text !== "").length,
    index: (indexed - start) / 1000,
    label: (ended - indexed) / 1000,
  };
}

export const keywordsPart: Part = {
  name: "keywords",
  title: "Keyword labels",
  tasks: { label },
  async run(bench): Promise<Section> {
    const atlas = await sampleAtlas(bench);
    const ours = await bench.task<Labelled>("label");
    const peer = await bench.peer<PeerLabelled>("keywords", "data/wordnet/documents.jsonl", atlas);
    const whole = ours.index + ours.label;
    const table = [
      ["feature-families", seconds(ours.index), seconds(ours.label), seconds(whole), ""],
      isAbsent(peer)
        ? ["scikit-learn, plain class-based TF-IDF", peer.absent, "", "", ""]
        : [
            "scikit-learn, plain class-based TF-IDF",
            ...[seconds(peer.index), seconds(peer.label), seconds(peer.index + peer.label)],
            ratio(peer.index + peer.label, whole),
          ],
    ];
    return {
      body: `${figure(ours.documents)} documents of the sample, ${figure(ours.latents)} latents, of which ${figure(ours.labelled)} get a label. Ours also scores every
label on documents that its words were not chosen from, which the peer does not; it is included for scale.

${markdownTable(["", "index the words", "label", "together", "ours is faster by"], table)}`,
    };
  },
};
