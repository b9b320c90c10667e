import type { Forest } from "../forest/forest.js";
import type { GraphmlOptions } from "./graphml.js";
import { smallestFamilies } from "./graphml.js";
import { escapeXml } from "../../files/xml.js";

const ATTRIBUTES = [
  ["index", "integer"],
  ["density", "double"],
  ["family", "integer"],
  ["family_label", "string"],
  ["family_depth", "integer"],
] as const;

/**
 * GEXF 1.3 (https://gexf.net) of a forest, for Gephi: nodes with the latent's number, log10 density and smallest
 * family, edges from parent to child with their weight.
 */
export function forestToGexf(forest: Forest, options: GraphmlOptions = {}): string {
  const { densities, label, families = [] } = options;
  const name = (latent: number): string => label?.(latent) ?? `latent ${latent}`;
  const homes = smallestFamilies(families);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<gexf xmlns="http://gexf.net/1.3" version="1.3">',
    '  <graph mode="static" defaultedgetype="directed">',
    '    <attributes class="node">',
    ...ATTRIBUTES.map(
      ([title, type], id) => `      <attribute id="${id}" title="${title}" type="${type}"/>`,
    ),
    "    </attributes>",
    "    <nodes>",
  ];
  for (const latent of forest.nodes) {
    const home = homes.get(latent);
    const density = Math.log10(densities?.[latent] ?? NaN);
    const values = [
      latent,
      Number.isFinite(density) ? Number(density.toPrecision(9)) : undefined,
      home?.family.parent,
      home && escapeXml(name(home.family.parent)),
      home?.depth,
    ];
    lines.push(`      <node id="${latent}" label="${escapeXml(name(latent))}">`);
    lines.push("        <attvalues>");
    values.forEach((value, id) => {
      if (value !== undefined) lines.push(`          <attvalue for="${id}" value="${value}"/>`);
    });
    lines.push("        </attvalues>", "      </node>");
  }
  lines.push("    </nodes>", "    <edges>");
  for (let i = 0; i < forest.from.length; i++) {
    lines.push(
      `      <edge id="${i}" source="${forest.from[i]}" target="${forest.to[i]}" weight="${forest.weight[i]}"/>`,
    );
  }
  lines.push("    </edges>", "  </graph>", "</gexf>", "");
  return lines.join("\n");
}
