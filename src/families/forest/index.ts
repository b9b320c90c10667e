/**
 * The spanning forest of the strongest edges, and its subtrees.
 */
export * from "./forest.js";
export * from "./subtrees.js";
export type { FamilyMember } from "../../records/family.js";
