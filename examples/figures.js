// Draws figures of an atlas for a paper's column, as SVG, and says what the others need.
//   node examples/figures.js [ATLAS] [OUT]        default families/wordnet and build/figures; needs Chromium or Chrome
import { openAtlas } from "feature-families";

const [folder = "families/wordnet", out = "build/figures"] = process.argv.slice(2);
const atlas = await openAtlas(folder);

const names = ["latent-map", "family-tree", "density-histogram"];
const files = await atlas.figures(out, { names, size: "column", formats: ["svg"] });
for (const file of files) console.log(file);

// A figure is plain data before it is drawn: a title, plotly's traces and a layout, to change as one likes.
const figure = await atlas.figure("family-tree", { size: "slide", title: "My largest family" });
console.log(`${figure.title}, ${figure.width} × ${figure.height}, ${figure.data.length} traces`);

const listing = await atlas.listFigures();
const missing = listing.filter((entry) => entry.missing !== undefined);
console.log(
  `${listing.length - missing.length} of ${listing.length} figures can be drawn; for example`,
);
for (const { name, missing: reason } of missing.slice(0, 3)) console.log(`  ${name}: ${reason}`);

await atlas.close();
