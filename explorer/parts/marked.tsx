import type { JSX } from "preact";
import { plain } from "../data/text.js";

/** A text in which words are marked, in any case and with any ending. */
export function Marked(props: {
  text: string;
  words: readonly string[];
  most?: number;
}): JSX.Element {
  const text = plain(props.text, props.most ?? 600);
  const stems = props.words
    .map((word) => word.toLowerCase())
    .filter((word) => word.length > 2)
    .map((word) => word.replace(/[^\p{L}\p{N}]/gu, ""))
    .filter(Boolean);
  if (stems.length === 0) return <bdi>{text}</bdi>;
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}])((?:${stems.join("|")})\\p{L}{0,3})(?![\\p{L}\\p{N}])`,
    "giu",
  );
  return (
    <bdi>
      {text.split(pattern).map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}
    </bdi>
  );
}
