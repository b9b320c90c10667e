import * as stopword from "stopword";

/** English words of exposition, which say nothing about a document's subject; added to the package's function words. */
const EXPOSITION = `above across again against almost along already although always among amongst anyone anything aren't around away
  back became become becomes behind below beneath beside besides best better beyond can't cannot cause caused couldn't
  didn't does doesn't doing don't done down during either else enough especially etc et al even ever every everything
  e.g eg few first five former forth four further furthermore gave generally gets give given gives go goes going gone
  good hadn't hasn't haven't having hence herein hers herself however i.e ie including indeed instead isn't its itself
  just kind know known last later latter least less let likely made mainly makes making may mine moreover mostly
  myself namely near nearly need neither nevertheless next no nobody none nor not nothing nowhere off often once one
  one's ones oneself onto others otherwise ought ours ourselves own per perhaps possible put quite rather really
  recent recently regarding respectively say second see seem seemed seems seen several shall she shouldn't show showed
  showing shown shows simply six so someone someone's something sometimes somewhat somewhere taken takes taking ten
  that's theirs themselves thereby therefore therein they're thing things third though three throughout thus together
  toward towards two typically unless until upon us use used useful uses using usually various via want wasn't went
  weren't whatever when whenever whereas whereby wherein whether whichever whoever whole whom whose why will within
  without won't wouldn't yet yours yourself`;

const lists: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(stopword).filter(([code, words]) => Array.isArray(words) && code !== "_123"),
);

const SAMPLE = 500;
/** Least share of stop words in text of a language, and least number of different ones: names alone prove nothing. */
const LEAST = { share: 0.1, words: 5 };

/**
 * The stop words of the language that the texts are written in: of the 60 languages of the package stopword, the one
 * whose stop words make up most of a sample of the texts. English where they are
 * under a tenth of it. In lower case.
 *
 * `words` splits a text into words.
 */
export function detectStopWords(
  texts: readonly string[],
  words: (text: string) => Iterable<string>,
): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const step = Math.max(1, texts.length / SAMPLE);
  for (let at = 0; at < texts.length; at += step) {
    for (const word of words(texts[Math.floor(at)])) {
      const lower = word.toLowerCase();
      counts.set(lower, (counts.get(lower) ?? 0) + 1);
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let best = "eng";
  let most = LEAST.share * total;
  for (const [code, words] of lists) {
    const held = words.flatMap((word) => counts.get(word) ?? []);
    const sum = held.reduce((all, count) => all + count, 0);
    if (held.length >= LEAST.words && sum > most) [best, most] = [code, sum];
  }
  return new Set([...(lists.get(best) ?? []), ...(best === "eng" ? EXPOSITION.split(/\s+/) : [])]);
}
