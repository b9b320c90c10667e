// Walks through an atlas: its families, a latent with its documents and relatives, and a document with its latents.
//   node examples/explore.js [ATLAS]        default families/wordnet, which `npm run demo` builds
import { openAtlas } from "feature-families";
import { familyName } from "feature-families/families";

const [folder = "families/wordnet"] = process.argv.slice(2);
const atlas = await openAtlas(folder);

const { N, n, k, normalized_mse } = await atlas.metrics();
console.log(`${N} documents, ${n} latents, ${k} active in each document`);
console.log(`normalised error ${normalized_mse.toFixed(3)}`);

console.log("\nthe largest families");
const families = [...(await atlas.families())].sort((a, b) => b.members.length - a.members.length);
for (const family of families.slice(0, 5)) {
  console.log(`  ${family.parent}  ${familyName(family)} (${family.members.length} members)`);
}

const dog = await atlas.latent("dog");
console.log(`\nlatent ${dog.id}: ${dog.label}, active in ${dog.row.active} documents`);
for (const { title, activation } of dog.documents.slice(0, 5)) {
  console.log(`  ${activation.toFixed(2)}  ${title}`);
}
console.log("active in the same documents");
for (const { latent, label, cosine } of dog.coactive.slice(0, 5)) {
  console.log(`  ${cosine.toFixed(2)}  ${latent} ${label}`);
}
for (const { name, role } of dog.families) console.log(`${role} of the family ${name}`);

const document = await atlas.document(dog.documents[0].row);
console.log(`\n${document.title}`);
for (const { latent, label, activation } of document.latents) {
  console.log(`  ${activation.toFixed(2)}  ${latent} ${label}`);
}

await atlas.close();
