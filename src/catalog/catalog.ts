import type { CatalogContrast, CatalogFamily, CatalogRow } from "./row.js";
import { type Postings, topDocuments } from "../core/codes.js";
import type { Neighbours } from "../engine/engine.js";
import type { Coactivation } from "../families/coactivation/coactivation.js";
import { coactivePartners } from "../families/coactivation/coactive-partners.js";
import type { LatentMatch } from "../taxonomy/best-class.js";
import type { UnitAgreement } from "../taxonomy/unit-agreement.js";
import type { Matrix } from "../core/matrix.js";
import { neighboursOf } from "../projection/neighbours.js";
import { type Family, type FamilyOutline, familyLatents, familyName } from "../records/family.js";
import type { Label } from "../records/label.js";
import { labelToColumns } from "./label-columns.js";
import { knownOrNull, rounded } from "./rounded.js";
import { addToList } from "../core/collections.js";
import { meanOf } from "../core/statistics.js";
import { postingsOf } from "../core/postings.js";

/** What a catalog is made from; all but the first two may be missing. */
export interface CatalogInputs {
  /** Where the latents are active. */
  postings: Postings;
  /** The corpus, row for row; a document without a title is named by the start of its text. */
  documents: readonly { id: string; title: string; text?: string }[];
  labels?: readonly Label[];
  /** A family without a label of its own is called after its parent. */
  families?: readonly (FamilyOutline & Pick<Family, "label" | "stability">)[];
  /** Each latent's stability over training seeds [n]; see seedStability. */
  stability?: ArrayLike<number>;
  /** Places on the map [n, 2]. */
  places?: Matrix;
  /** Nearest latents by direction, such as cosineNeighbours of the decoder gives. */
  neighbours?: Neighbours;
  coactivation?: Coactivation;
  /** Agreement with known classes, and readable names of those. */
  matches?: readonly LatentMatch[];
  classNames?: ReadonlyMap<string, string>;
  /** F1 of the latents with classes chosen on other documents [n], and by chance, by latent; see chanceByLatent. */
  heldOutF1?: ArrayLike<number>;
  chanceF1?: ReadonlyMap<number, number>;
  /** Highest F1 of other units with each latent's class; see unitAgreement. */
  baselines?: readonly Pick<UnitAgreement, "units" | "latentF1">[];
  /** Contrasts in which a latent differs, by latent. */
  contrasts?: ReadonlyMap<number, readonly CatalogContrast[]>;
}

/** How much a row lists. */
export interface CatalogOptions {
  /** Documents listed a latent. Default 10. */
  topDocuments?: number;
  /** Nearest and co-activating latents listed a latent. Default 10. */
  related?: number;
}

/** Characters of a text that stand for a missing title. */
const TITLE_LENGTH = 100;

/**
 * The catalog: a row for every latent, in order. Throws RangeError where documents or places do not fit the postings.
 */
export function buildCatalog(
  inputs: CatalogInputs,
  { topDocuments: listed = 10, related = 10 }: CatalogOptions = {},
): CatalogRow[] {
  const { postings, documents, places, neighbours, coactivation } = inputs;
  checkSizes(inputs);
  const labels = new Map((inputs.labels ?? []).map((label) => [label.id, label]));
  const matches = new Map((inputs.matches ?? []).map((match) => [match.latent, match]));
  const families = familiesByLatent(inputs, labels);
  const partners = coactivation === undefined ? undefined : coactivePartners(coactivation, related);
  return Array.from({ length: postings.n }, (_, index) => ({
    index,
    ...labelToColumns(labels.get(index)),
    ...activationColumns(postings, index),
    families: families.get(index) ?? [],
    stability: inputs.stability === undefined ? null : knownOrNull(inputs.stability[index]),
    x: places === undefined ? null : knownOrNull(places.data[2 * index]),
    y: places === undefined ? null : knownOrNull(places.data[2 * index + 1]),
    nearest:
      neighbours === undefined
        ? []
        : neighboursOf(neighbours, index)
            .slice(0, related)
            .map((found) => ({ index: found.index, cosine: rounded(found.score) })),
    coactive: (partners?.[index] ?? []).map((one) => ({ ...one, cosine: rounded(one.cosine) })),
    top_documents: topDocuments(postings, index, listed).map(({ document, value }) => ({
      id: documents[document].id,
      title: titleOf(documents[document]),
      value: rounded(value),
    })),
    ...classColumns(matches.get(index), inputs.classNames),
    class_held_out: knownOrNull(inputs.heldOutF1?.[index] ?? NaN),
    class_chance: knownOrNull(inputs.chanceF1?.get(index) ?? NaN),
    ...baselineColumns(inputs.baselines, matches.get(index)),
    contrasts: [...(inputs.contrasts?.get(index) ?? [])],
  }));
}

function checkSizes({ postings, documents, places, neighbours }: CatalogInputs): void {
  if (documents.length !== postings.documents) {
    throw new RangeError(
      `buildCatalog: expected ${postings.documents} documents, got ${documents.length}`,
    );
  }
  if (places !== undefined && (places.rows !== postings.n || places.cols !== 2)) {
    throw new RangeError(
      `buildCatalog: expected places [${postings.n}, 2], got [${places.rows}, ${places.cols}]`,
    );
  }
  if (neighbours !== undefined && neighbours.rows !== postings.n) {
    throw new RangeError(
      `buildCatalog: expected neighbours of ${postings.n} latents, got ${neighbours.rows}`,
    );
  }
}

function activationColumns(
  postings: Postings,
  latent: number,
): Pick<CatalogRow, "active" | "density" | "mean_activation" | "max_activation"> {
  const { documents } = postings;
  const { values } = postingsOf(postings, latent);
  const above = values.filter((value) => value > 0);
  const highest = above.reduce((most, value) => Math.max(most, value), 0);
  return {
    active: values.length,
    density: documents === 0 ? 0 : rounded(values.length / documents),
    mean_activation: above.length === 0 ? null : rounded(meanOf(above)),
    max_activation: above.length === 0 ? null : rounded(highest),
  };
}

function familiesByLatent(
  { families = [] }: CatalogInputs,
  labels: ReadonlyMap<number, Label>,
): Map<number, CatalogFamily[]> {
  const found = new Map<number, CatalogFamily[]>();
  for (const family of families) {
    const { parent, label = labels.get(parent), stability = null } = family;
    const name = familyName({ parent, label });
    for (const latent of familyLatents(family)) {
      addToList(found, latent, {
        id: parent,
        name,
        role: latent === parent ? "parent" : "member",
        stability,
      });
    }
  }
  return found;
}

function classColumns(
  match: LatentMatch | undefined,
  names: ReadonlyMap<string, string> | undefined,
): Pick<CatalogRow, "class" | "class_name" | "class_f1" | "class_low" | "class_high"> {
  if (match?.classId === undefined) {
    return { class: null, class_name: null, class_f1: null, class_low: null, class_high: null };
  }
  return {
    class: match.classId,
    class_name: names?.get(match.classId) ?? match.classId,
    class_f1: rounded(match.f1),
    class_low: rounded(match.interval[0]),
    class_high: rounded(match.interval[1]),
  };
}

function baselineColumns(
  baselines: CatalogInputs["baselines"] = [],
  match: LatentMatch | undefined,
): Pick<CatalogRow, "class_kmeans" | "class_random_documents" | "class_random_decoder"> {
  const f1Of = (units: string): number | null => {
    if (match?.classId === undefined) return null;
    const found = baselines.find((baseline) => baseline.units === units);
    return knownOrNull(found?.latentF1[match.latent] ?? NaN);
  };
  return {
    class_kmeans: f1Of("k-means"),
    class_random_documents: f1Of("random documents"),
    class_random_decoder: f1Of("random decoder"),
  };
}

function titleOf({ title, text = "" }: { title: string; text?: string }): string {
  if (title !== "") return title;
  const line = text.replace(/\s+/g, " ").trim();
  const letters = [...line.slice(0, 4 * TITLE_LENGTH)];
  return letters.length > TITLE_LENGTH ? `${letters.slice(0, TITLE_LENGTH).join("")}…` : line;
}
