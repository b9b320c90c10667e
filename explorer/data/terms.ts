import { DOUBTS } from "./doubt.js";

/** What the page's words mean, for readers who see them for the first time. */
export const TERMS = {
  latent:
    "One direction that the sparse autoencoder (SAE) has learned. A document has a few active latents; the label says what they have in common.",
  activation: "How strongly a latent is on in a document; 0 where it is off.",
  "typical activation":
    "A latent’s median activation in the documents where it is on. A slider at 1 is as strong as usual, at 2 twice that, at 0 off.",
  family:
    "A parent latent and the latents that are on mostly where it is. A latent can be in several families; colours and legends go by the first of them.",
  centre:
    "A document is the nearer to a family’s centre, the more of its latents are on in it, and the stronger: the number before it is the sum of their activations, each as a share of its highest.",
  edge: "The weight of a tie in a family: how far two latents are on in the same documents and as strongly; 0 not at all, 1 always.",
  score:
    "How well a label fits, measured on documents: 1 is best. In brackets the 95 % interval and the number of documents; a wide interval means that little is known.",
  doubtful: `A label that the documents it was checked on do not bear out. Chance: ${DOUBTS.chance}; poor: ${DOUBTS.poor}; unsure: ${DOUBTS.unsure}.`,
  F1: "How well a latent or a family picks the documents of a known class: 1 finds all of them and no others, 0 finds none.",
  baselines:
    "The highest F1 that other units, as many as the latents, have with the same class: clusters of k-means, the documents nearest to a random document, latents of an SAE whose decoder stays random, and by chance. Where they reach as much, the latent names the class no better than they do.",
  stability:
    "Of a family: how much of it is found again when the documents are drawn anew. Of a latent: the cosine of its nearest in SAEs trained from other seeds. 1 is best.",
  cosine: "How alike two directions are: 1 the same, 0 unrelated.",
  steering:
    "Changing how strong latents are in a query, and searching with the result. The cosine to the original query says how far it moved.",
  "ranked by codes":
    "By the latents that a document shares with the query, and how strong they are there. The explorer’s server ranks by whole embeddings instead, with what the SAE leaves out, so that the order can differ.",
} as const;

/** A key of TERMS. */
export type TermName = keyof typeof TERMS;
