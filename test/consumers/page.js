// Bytes in memory as files, families and a figure, of a few documents: what a bundle for browsers holds. The result is one text.
import {
  bytesSource,
  encodeNpy,
  encodeSafetensors,
  parseCsv,
  parseJson,
  readNpyMatrix,
  readSafetensors,
  stringifyJson,
} from "feature-families/files";
import {
  computeCoactivation,
  extractFamilies,
  forestToGraphml,
  fromFamiliesJson,
  parseGraphml,
  toFamiliesJson,
} from "feature-families/families";
import { bars, standaloneHtml } from "feature-families/figures";

/** Reads what it wrote, each of the three. */
async function work() {
  const data = Float32Array.from({ length: 12 }, (_, i) => i / 3);
  const npy = bytesSource("a.npy", encodeNpy({ shape: [3, 4], data, dtype: "f2" }));
  const parts = encodeSafetensors(new Map([["é", { shape: [12], data }]]), { by: "é" });
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  const tensors = await readSafetensors(bytesSource("a.safetensors", bytes));

  // Latent 0 is active with each of 1 to 5 in turn.
  const [rows, k, n] = [60, 2, 6];
  const indices = Uint32Array.from({ length: rows * k }, (_, i) => (i % 2) * (1 + ((i >> 1) % 5)));
  const values = new Float32Array(rows * k).fill(1);
  const coactivation = computeCoactivation({ rows, k, n, indices, values });
  const { families, forest } = extractFamilies(coactivation, { maxDensity: 2 });
  const json = stringifyJson(toFamiliesJson(families, (latent) => `latent "${latent}"`));
  const read = fromFamiliesJson(parseJson(json, "families.json"));
  const graph = parseGraphml(forestToGraphml(forest, { families }));

  const series = [{ name: "a & b", values: [1, 2] }];
  const figure = bars({ series, groups: ["x", "y"], x: "group", y: "count" });
  const page = standaloneHtml(figure, { src: "plotly.min.js" });
  const refused = await readNpyMatrix("nowhere.npy").catch(({ name }) => name);
  const csv = parseCsv("a,b\n1,2\n", "a.csv");
  const all = [read, await readNpyMatrix(npy), [...tensors.tensors], csv, graph, page];
  return { text: stringifyJson(all), families: families.length, refused };
}

globalThis.result = work();
