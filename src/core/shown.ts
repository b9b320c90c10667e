/** Characters of a file's own words that a message shows. */
const LONGEST_TEXT = 100;
const LONGEST_VALUE = 60;
const MOST_NAMES = 12;

// Control characters can retitle a window, clear it or write to the clipboard; invisible and direction characters make a text
// look like another. The two joiners, and the signs of Arabic and Syriac that are drawn, belong to ordinary words.
const UNSAFE =
  /(?![\u200c\u200d\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text whose control, invisible and direction characters, line ends and tabs among them, are what `replace` makes of each. */
export function replaceUnsafe(text: string, replace: (character: string) => string): string {
  return text.replace(UNSAFE, replace);
}

/** Text on one line, as a terminal can show it: every control, invisible or direction character is a question mark. */
export function plainLine(text: string): string {
  return replaceUnsafe(text, () => "?");
}

/** JSON text with those characters, which only its strings hold, as \\u escapes: it reads as the same value. */
export function plainJson(json: string): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return replaceUnsafe(json, (found) => (found === "\n" ? found : found.replace(/[^]/g, escape)));
}

/** Text on one line, cut at `longest` characters. */
export function cutLine(text: string, longest: number = LONGEST_TEXT): string {
  return plainLine(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** A file's own text for a message: in quotes, on one line, without control characters, cut at 100 characters. */
export function quote(text: string): string {
  return `"${cutLine(text)}"`;
}

/** Some names for a message, each on one line and cut: the first `most` of them, and how many more there are. */
export function listed(names: Iterable<unknown>, most: number = MOST_NAMES): string {
  const all = [...names];
  const first = all.slice(0, most).map((name) => cutLine(String(name), LONGEST_VALUE));
  if (all.length > most) first.push(`and ${all.length - most} more`);
  return first.join(", ") || "none";
}

/**
 * Any value for a message, much as JSON: on one line and cut at `longest` characters, however deep or large it is, and
 * whether or not it contains itself. undefined is "nothing".
 */
export function shown(value: unknown, longest: number = LONGEST_VALUE): string {
  // Every step down adds a character, so that the length bounds depth and time as well.
  let text = "";
  const write = (item: unknown): void => {
    if (text.length > longest) return;
    if (item === undefined) text += "nothing";
    else if (typeof item === "string") text += JSON.stringify(item.slice(0, longest));
    else if (typeof item === "bigint") text += String(item);
    else if (typeof item !== "object" || item === null) text += JSON.stringify(item) ?? typeof item;
    else if (item instanceof Date) text += `"${isNaN(Number(item)) ? "" : item.toISOString()}"`;
    else if (Array.isArray(item) || item instanceof Set || ArrayBuffer.isView(item)) {
      writeItems("[]", item as Iterable<unknown>, write);
    } else {
      const pairs = item instanceof Map ? item : Object.entries(item);
      writeItems("{}", pairs as Iterable<[unknown, unknown]>, ([key, inner]) => {
        write(String(key));
        text += ":";
        write(inner);
      });
    }
  };
  const writeItems = <T>(
    brackets: string,
    items: Iterable<T>,
    writeItem: (item: T) => void,
  ): void => {
    text += brackets[0];
    let isFirst = true;
    for (const item of items) {
      if (text.length > longest) return;
      if (!isFirst) text += ",";
      writeItem(item);
      isFirst = false;
    }
    text += brackets[1];
  };
  write(value);
  return cutLine(text, longest);
}
