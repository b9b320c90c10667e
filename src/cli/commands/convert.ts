import path from "node:path";
import { type Command, UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { loadOptions, saeOptions } from "../options.js";

const LAYOUTS = ["safetensors", "pth", "saelens"] as const;
const { k, format, scale } = saeOptions;

export const convertCommand: Command = defineCommand({
  name: "convert",
  group: "steps",
  summary:
    "Convert an SAE of any format to an SAELens folder, a .pth like the paper's or a .safetensors.",
  details:
    "The extension of OUT decides: .pth, .safetensors, or none for an SAELens folder. A .pth holds " +
    "top-k SAEs only and declares k only in its name, as {domain}_{k}_{n}_{auxk}.pth.",
  example: "feature-families convert sae_folder csLG_64_9216_128.pth",
  positionals: "<IN> <OUT>",
  options: {
    k,
    format,
    scale,
    to: option.text("layout of OUT (default: by its extension)", { choices: LAYOUTS }),
    embedder: option.text("embedding model to record in SAELens's cfg.json"),
    dataset: option.text("corpus to record in SAELens's cfg.json"),
  },
  async run(values, positionals) {
    const [input, output] = positionals;
    const layout = values.to ?? layoutOf(output);
    const { readCheckpoint, saveSae } = await import("../../sae/checkpoint.js");
    const { saveSaeLens } = await import("../../sae/formats/saelens-write.js");
    const { saveTorchSae, tellsK } = await import("../../sae/save-checkpoint.js");
    const { embedder: model, dataset } = values;
    const checkpoint = await readCheckpoint(input, await loadOptions(values));
    const { sae, format: from, metadata, notes } = checkpoint;
    if (layout === "pth") await saveTorchSae(output, sae);
    else if (layout === "saelens") await saveSaeLens(output, sae, { model, dataset });
    else await saveSae(output, sae, metadata);
    const lines = [
      `read ${from}, wrote ${layout}: ${output}`,
      ...notes.map((note) => `note: ${note}`),
    ];
    if (layout === "pth" && !tellsK(output)) {
      lines.push(`note: the file name does not declare k; pass --k ${sae.k} to load the file`);
    }
    return { json: { from, to: layout, out: output, notes }, lines };
  },
});

function layoutOf(output: string): (typeof LAYOUTS)[number] {
  const ending = path.extname(output).toLowerCase();
  if (ending === ".pth" || ending === ".pt") return "pth";
  if (ending === ".safetensors") return "safetensors";
  if (ending === "" || output.endsWith(path.sep)) return "saelens";
  throw new UsageError(`convert: no layout has the extension ${ending}: pass --to`);
}
