import type { ComponentChildren, JSX } from "preact";
import { shortNumber, wholeNumber } from "../data/text.js";

/** Bars with a text before and a number behind each; values below 0 go to the left. */
export function Bars(props: {
  label: string;
  rows: readonly { key: string; name: ComponentChildren; value: number; note?: string }[];
  digits?: number;
}): JSX.Element {
  const { label, rows, digits = 2 } = props;
  const most = Math.max(...rows.map(({ value }) => Math.abs(value)), 1e-9);
  const isSigned = rows.some(({ value }) => value < 0);
  return (
    <ul class={`bars${isSigned ? " signed" : ""}`} aria-label={label}>
      {rows.map(({ key, name, value, note }) => (
        <li key={key}>
          <span class="bar-name">{name}</span>
          <span class="bar-track" aria-hidden="true">
            <i
              class={value < 0 ? "below" : ""}
              style={{ width: `${((isSigned ? 50 : 100) * Math.abs(value)) / most}%` }}
            />
          </span>
          <span class="bar-value">
            {shortNumber(value, digits)}
            {note && <small> {note}</small>}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Counts of activations in equal bins. */
export function Histogram({ values, label }: { values: Float32Array; label: string }): JSX.Element {
  const bins = Math.max(6, Math.min(30, Math.ceil(Math.sqrt(values.length))));
  const most = values.length > 0 ? values[0] : 1;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((bins * value) / most))]++;
  const highest = Math.max(...counts, 1);
  return (
    <figure class="histogram">
      <svg viewBox={`0 0 ${bins * 10} 60`} preserveAspectRatio="none" role="img" aria-label={label}>
        {counts.map((count, i) => (
          <rect
            key={i}
            x={i * 10 + 0.6}
            y={60 - (58 * count) / highest}
            width={8.8}
            height={(58 * count) / highest}
          >
            <title>{`${shortNumber((i * most) / bins)} to ${shortNumber(((i + 1) * most) / bins)}: ${wholeNumber(count)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption>
        <span>0</span>
        <span>activation in {wholeNumber(values.length)} documents</span>
        <span>{shortNumber(most)}</span>
      </figcaption>
    </figure>
  );
}

/** A score on its scale, with its interval. */
export function Scale(props: {
  name: string;
  value: number;
  low: number | null;
  high: number | null;
  n: number | null;
}): JSX.Element {
  const { name, value, low, high, n } = props;
  const from = name === "pearson" ? -1 : 0;
  const at = (x: number): number => (100 * (Math.min(1, Math.max(from, x)) - from)) / (1 - from);
  const interval =
    low === null || high === null ? "" : ` [${shortNumber(low)}, ${shortNumber(high)}]`;
  return (
    <div class="scale">
      <span class="scale-name">{name}</span>
      <span class="scale-track" aria-hidden="true">
        {low !== null && high !== null && (
          <i style={{ left: `${at(low)}%`, width: `${at(high) - at(low)}%` }} />
        )}
        <b style={{ left: `${at(value)}%` }} />
      </span>
      <span class="scale-value">
        {shortNumber(value)}
        <small>
          {interval}
          {n === null ? "" : `, n ${wholeNumber(n)}`}
        </small>
      </span>
    </div>
  );
}

/** Facts as a list of names and contents; those without content are left out. */
export function Facts({ facts }: { facts: readonly [string, ComponentChildren][] }): JSX.Element {
  return (
    <dl class="facts">
      {facts
        .filter(
          ([, content]) =>
            content !== null && content !== undefined && content !== "" && content !== false,
        )
        .map(([name, content]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{content}</dd>
          </div>
        ))}
    </dl>
  );
}
