/** The only one of some names, or of those that embeddings usually have; undefined where several could be meant. */
export function embeddingName(names: readonly string[]): string | undefined {
  const usual = names.filter((name) => /^(embeddings?|vectors?)$/i.test(name));
  const [only, ...others] = usual.length > 0 ? usual : names;
  return others.length === 0 ? only : undefined;
}
