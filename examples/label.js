// Labels six latents with a language model and shows each label with its score, after an estimate and under a cap.
//   FEATURE_FAMILIES_EXPLAINER_MODEL=gpt-4.1-mini OPENAI_API_KEY=… node examples/label.js [ATLAS]
//   FEATURE_FAMILIES_EXPLAINER_MODEL=qwen3:8b OPENAI_BASE_URL=http://localhost:11434/v1 node examples/label.js
// Any server that speaks OpenAI's API will do. ATLAS is families/wordnet by default, which `npm run demo` builds.
import { openAtlas } from "feature-families";

const [folder = "families/wordnet"] = process.argv.slice(2);
if (!process.env.FEATURE_FAMILIES_EXPLAINER_MODEL) {
  throw new Error("set FEATURE_FAMILIES_EXPLAINER_MODEL to the name of a model");
}
const atlas = await openAtlas(folder);

// The six latents that are active in most documents.
const catalog = await atlas.catalog();
const latents = [...catalog]
  .sort((a, b) => b.active - a.active)
  .slice(0, 6)
  .map(({ index }) => index);

// The price is unknown for models that are not in the table of prices, such as one on this machine.
const options = { latents, subject: "nouns with their definitions" };
const { explainer, judge = explainer } = await atlas.estimate(options);
console.log(`${explainer.model} explains, ${judge.model} judges`);
console.log(`${explainer.prompts} prompts, $${explainer.cost?.toFixed(3) ?? "?"} at most`);

const maxCost = explainer.cost === undefined ? undefined : 0.25;
const report = await atlas.label({ ...options, maxCost });
console.log(
  `${report.latents.labelled} labelled, ${report.latents.failed} failed, $${report.spent.toFixed(3)} spent\n`,
);

const labels = await atlas.labels();
for (const latent of latents) {
  const label = labels.get(latent);
  const [score] = label?.scores ?? [];
  const interval = score?.interval?.map((bound) => bound.toFixed(2)).join(" to ") ?? "";
  console.log(`${latent}  ${label?.text}`);
  if (score !== undefined)
    console.log(`     ${score.name} ${score.value.toFixed(2)} (${interval}), ${score.n} documents`);
}

await atlas.close();
