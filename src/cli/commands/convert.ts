import path from "node:path";
import { readCheckpoint, saveSae } from "../../sae/checkpoint.js";
import { saveSaeLens } from "../../sae/formats/saelens-write.js";
import { saveTorchSae, tellsK } from "../../sae/save-checkpoint.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import { loadOptions, saeOptions } from "../options.js";

const LAYOUTS = ["safetensors", "pth", "saelens"] as const;
const { k, format, scale } = saeOptions;

export const convertCommand: Command = defineCommand({
  name: "convert",
  summary: "Write an SAE of any format as SAELens's folder, the paper's .pth or our .safetensors.",
  details:
    "The layout follows from OUT's ending, .pth or .safetensors, and is SAELens's for a folder. The .pth holds\n" +
    "top-k SAEs alone and has k in its name only, as {domain}_{k}_{n}_{auxk}.pth.",
  example: "feature-families convert sae_folder csLG_64_9216_128.pth",
  positionals: "IN OUT",
  options: {
    k,
    format,
    scale,
    to: { type: "string", choices: LAYOUTS, about: "layout of OUT (default by its ending)" },
    model: { type: "string", value: "NAME", about: "the embedder, for SAELens's cfg.json" },
    dataset: { type: "string", value: "NAME", about: "the corpus, for SAELens's cfg.json" },
  },
  async run(values, positionals) {
    if (positionals.length !== 2) throw new UsageError("convert: name IN and OUT");
    const [input, output] = positionals;
    const layout = values.to ?? layoutOf(output);
    const { sae, format: from, metadata, notes } = await readCheckpoint(input, loadOptions(values));
    if (layout === "pth") await saveTorchSae(output, sae);
    else if (layout === "saelens") await saveSaeLens(output, sae, values);
    else await saveSae(output, sae, metadata);
    const lines = [
      `read ${from}, wrote ${layout}: ${output}`,
      ...notes.map((note) => `note: ${note}`),
    ];
    if (layout === "pth" && !tellsK(output)) {
      lines.push(`note: its name does not tell k ${sae.k}; loading it needs --k ${sae.k}`);
    }
    return { json: { from, to: layout, out: output, notes }, lines };
  },
});

function layoutOf(output: string): (typeof LAYOUTS)[number] {
  const ending = path.extname(output).toLowerCase();
  if (ending === ".pth" || ending === ".pt") return "pth";
  if (ending === ".safetensors") return "safetensors";
  if (ending === "" || output.endsWith(path.sep)) return "saelens";
  throw new UsageError(`convert: OUT ends in ${ending}; name its layout with --to`);
}
