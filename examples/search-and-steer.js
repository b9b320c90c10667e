// Searches an atlas's documents, steers the search by latents, and explains a result.
//   node examples/search-and-steer.js [ATLAS]        default families/wordnet, which `npm run demo` builds
import { openAtlas } from "feature-families";

const [folder = "families/wordnet"] = process.argv.slice(2);
const atlas = await openAtlas(folder);
const query = "small dog";

const plain = await atlas.search(query, { limit: 5 });
console.log(query);
for (const { rank, score, title } of plain.hits)
  console.log(`  ${rank}  ${score.toFixed(3)}  ${title}`);

// Terms are numbers, words of a label, or "family:NAME"; behind the colon is a strength, in typical activations.
const steered = await atlas.search(query, {
  more: ["bird:4"],
  less: ["dog"],
  limit: 5,
  explain: true,
});
console.log(`\n${steered.edits.map(({ name }) => name).join(", ")}`);
console.log(`cosine to the query without edits ${(steered.cosine ?? 1).toFixed(3)}`);
for (const { rank, before, score, title } of steered.hits) {
  console.log(`  ${rank} (was ${before ?? "over 1000"})  ${score.toFixed(3)}  ${title}`);
}

const [{ title, explanation }] = steered.hits;
if (explanation !== undefined) {
  console.log(`\nwhy "${title}": the score as a sum`);
  for (const [i, { latent, contribution }] of explanation.latents.slice(0, 5).entries()) {
    console.log(`  ${contribution.toFixed(3)}  ${latent} ${explanation.labels[i]}`);
  }
  const rest = explanation.latents.slice(5).reduce((sum, one) => sum + one.contribution, 0);
  console.log(`  ${rest.toFixed(3)}  its other latents`);
  console.log(`  ${explanation.bias.toFixed(3)}  bias of the SAE`);
  console.log(`  ${explanation.residual.toFixed(3)}  what the SAE does not reconstruct`);
}

await atlas.close();
