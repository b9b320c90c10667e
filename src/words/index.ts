/**
 * The words of a corpus: indexed, joined to phrases, and those that set a group of documents apart.
 */
export { type TextLimit, truncateText } from "./truncate-text.js";
export { foldForms } from "./word-forms.js";
export { type WordIndex, type WordOptions, indexWords } from "./word-index.js";
