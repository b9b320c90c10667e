import type { ComponentChildren, JSX } from "preact";
import { TERMS, type TermName } from "../data/terms.js";

/** A word with its meaning, which the list of words has too, for keyboards and touch. */
export function Term(props: { of: TermName; children?: ComponentChildren }): JSX.Element {
  const { of, children = of } = props;
  return <abbr title={TERMS[of]}>{children}</abbr>;
}

/** The list of words and what they mean. */
export function Words(): JSX.Element {
  return (
    <details class="menu words">
      <summary aria-label="What the words mean" title="What the words mean">
        ?
      </summary>
      <div>
        <h2>What the words mean</h2>
        <dl>
          {Object.entries(TERMS).map(([name, meaning]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </div>
    </details>
  );
}
