/** Stop words in lower case by ISO 639-3 code of their language; `_123` holds digits. */
declare module "stopword" {
  const lists: Readonly<Record<string, readonly string[]>>;
  export = lists;
}
