import type { PaperSae } from "../../figures/paper/paper-numbers.js";
import { PAPER_COSINES, PAPER_DENSITIES } from "../../figures/paper/paper-numbers.js";
import { type NamedSae, distinct } from "./sources.js";

interface PaperSizes {
  k: PaperSae;
  n: number;
}

/** The paper's numbers for panels of SAEs: where its line for an SAE or a pair of SAEs stands; undefined for none. */
export interface PaperPanels {
  /** Whose numbers they are, after a panel's title; of SAEs that all have the sizes that it names. */
  title(saes: readonly NamedSae[], sizes: readonly ("k" | "n")[]): string | undefined;
  density(sae: NamedSae): number | undefined;
  pair(small: NamedSae, large: NamedSae): number | undefined;
}

const PAPER_KS: readonly PaperSae[] = [16, 32, 64];
const PAPER_NS: readonly number[] = [3072, 6144, 9216];

/**
 * Which of the paper's nine SAEs of three k and three n each of `saes` is set beside: the one of equal sizes, or, where
 * `saes` have three k and three n too, the one of the same rank. Gives undefined for an SAE that has no such partner.
 */
function pairWithPaper(saes: readonly NamedSae[]): (sae: NamedSae) => PaperSizes | undefined {
  const ks = distinct(saes.map(({ sae }) => sae.k));
  const ns = distinct(saes.map(({ sae }) => sae.n));
  const isEqual =
    saes.length > 0 &&
    ks.every((k) => (PAPER_KS as readonly number[]).includes(k)) &&
    ns.every((n) => PAPER_NS.includes(n));
  if (!isEqual && (ks.length !== PAPER_KS.length || ns.length !== PAPER_NS.length)) {
    return () => undefined;
  }
  const kOf = (k: number): PaperSae => (isEqual ? (k as PaperSae) : PAPER_KS[ks.indexOf(k)]);
  const nOf = (n: number): number => (isEqual ? n : PAPER_NS[ns.indexOf(n)]);
  return ({ sae }) => ({ k: kOf(sae.k), n: nOf(sae.n) });
}

/** The paper's lines for the panels of these SAEs, none without SAEs. */
export function paperPanels(saes: readonly NamedSae[]): PaperPanels {
  const partner = pairWithPaper(saes);
  return {
    title(members, named) {
      const theirs = members.flatMap((one) => partner(one) ?? []);
      if (theirs.length === 0) return undefined;
      const parts = named.map((size) => {
        const values = distinct(theirs.map((sizes) => sizes[size]));
        return `${size} ${values.map((value) => value.toLocaleString("en")).join(", ")}`;
      });
      return `paper: ${parts.join(", ")}`;
    },
    density(one) {
      const sizes = partner(one);
      return sizes && PAPER_DENSITIES[sizes.k].median;
    },
    pair(small, large) {
      const [a, b] = [partner(small), partner(large)];
      return PAPER_COSINES.find(
        ([k, n, k2, n2]) => k === a?.k && n === a.n && k2 === b?.k && n2 === b.n,
      )?.[4];
    },
  };
}
