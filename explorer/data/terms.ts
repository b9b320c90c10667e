import { DOUBTS } from "./doubt.js";

/** What the page's words mean, for readers who see them for the first time. */
export const TERMS = {
  latent:
    "One direction that the sparse autoencoder (SAE) has learned. A document has a few active latents; the label says what they have in common.",
  activation: "How strongly a latent is active in a document; 0 where it is inactive.",
  "typical activation":
    "A latent’s median activation in the documents where it is active. A slider at 1 is as strong as usual, at 2 twice as strong, at 0 off.",
  family:
    "A parent latent and the latents that are active mostly where it is. A latent can be in several families; colours and legends follow the first of them.",
  centre:
    "The more of a family’s latents are active in a document, and the more strongly, the nearer it is to the family’s centre. The number before a document is the sum of their activations, each as a share of the latent’s highest.",
  edge: "The weight of a link between two latents of a family: how far they are active in the same documents, and equally strongly; 0 never, 1 always.",
  score:
    "How well a label fits, measured on documents: 1 is best. In brackets: the 95 % interval and the number of documents; a wide interval means that little is known.",
  doubtful: `A label that the documents it was checked on do not support. Chance: ${DOUBTS.chance}; poor: ${DOUBTS.poor}; unsure: ${DOUBTS.unsure}.`,
  F1: "How well a latent or a family picks out the documents of a known class: 1 finds all of them and no others, 0 finds none.",
  baselines:
    "The highest F1 with the same class among equally many other units: k-means clusters, the documents nearest to a random document, latents of an SAE whose decoder stays random, and chance. Where they score as high, the latent identifies the class no better than they do.",
  stability:
    "Of a family: how much of it is found again when the documents are resampled. Of a latent: its cosine to the nearest latent in SAEs trained from other seeds. 1 is best.",
  cosine: "How alike two directions are: 1 the same, 0 unrelated.",
  steering:
    "Changing how strong latents are in a query, and searching with the result. The cosine to the original query says how far it moved.",
  "ranked by codes":
    "By the latents that a document shares with the query, and how strong they are there. The explorer’s server ranks by whole embeddings instead, including what the SAE leaves out, so the order can differ.",
} as const;

/** A key of TERMS. */
export type TermName = keyof typeof TERMS;
