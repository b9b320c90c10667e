import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageEvidence } from "../../src/explorer/format.js";
import type { Label } from "../../src/records/label.js";
import type { AtlasData } from "../data/atlas.js";
import { plain, shortNumber } from "../data/text.js";
import { Facts } from "../parts/charts.js";
import { LatentLink } from "../parts/links.js";
import { useAsync } from "../parts/use-async.js";

type Verdict = PageEvidence["verdicts"][number];
type Shown = PageEvidence["shown"][number];

const KINDS: Record<string, string> = {
  active: "active",
  random: "inactive, random",
  near: "inactive, near",
  neighbour: "inactive, neighbour",
};
const SIGNS = { right: "✓ right", wrong: "✗ wrong", failed: "? failed" };

/** What stands behind a label: candidates, the explainer's answers and the judge's verdicts beside the truth. */
export function Evidence(props: {
  data: AtlasData;
  label?: Label;
  kind: "latents" | "families";
  /** A latent's number, or a family's place. */
  at: number;
}): JSX.Element | null {
  const { data, label, kind, at } = props;
  const { value, error, isWaiting } = useAsync(() => data.evidence(kind, at), [data, kind, at]);
  if (error !== undefined) return <p class="problem">{error}</p>;
  const evidence = value?.evidence;
  if (evidence === undefined) {
    if (isWaiting)
      return label?.source === "llm" ? <p class="muted">reading the evidence</p> : null;
    return label?.reasoning ? (
      <>
        <h3>Reasoning</h3>
        <pre>{plain(label.reasoning, 8000)}</pre>
      </>
    ) : null;
  }
  const final = evidence.verdicts.filter(
    ({ set, label: text }) => set === "score" && text === evidence.label,
  );
  const candidates = [
    ...new Set(
      evidence.verdicts.filter(({ set }) => set === "validate").map(({ label: text }) => text),
    ),
  ];
  const explained = evidence.shown.filter(({ set }) => set === "explain");
  return (
    <section class="evidence" aria-label="evidence">
      <h3>Evidence</h3>
      {label && evidence.label !== label.text && (
        <p class="note">
          A model’s label was “{plain(evidence.label)}”; the evidence below is for that label.
        </p>
      )}
      <Facts
        facts={[
          ["explainer", evidence.explainer && plain(evidence.explainer, 80)],
          ["judge", evidence.judge && plain(evidence.judge, 80)],
          ["prompts", evidence.promptVersion],
          ["made", evidence.date],
          ["failed", label?.failed],
          ["cost", label?.cost !== undefined && `$${label.cost.toFixed(5)}`],
          ["notes", label?.notes?.map((note) => plain(note)).join("; ")],
          [
            "candidates",
            label?.candidates?.map(({ label: text, score }) => (
              <span key={text} class="item">
                {plain(text)} {shortNumber(score)}
                {text === evidence.label ? " ✓ chosen" : ""}
              </span>
            )),
          ],
        ]}
      />
      {final.length > 0 && (
        <Verdicts
          title={`Does “${plain(evidence.label, 80)}” separate active documents from others?`}
          {...{ data, evidence, verdicts: final }}
          isOpen
        />
      )}
      {candidates.map((text) => (
        <Verdicts
          key={text}
          title={`Candidate “${plain(text, 80)}”`}
          {...{ data, evidence }}
          verdicts={evidence.verdicts.filter((one) => one.set === "validate" && one.label === text)}
        />
      ))}
      {evidence.explanations.map(({ status, reason, labels, reasoning, key }, i) => (
        <details key={i}>
          <summary>
            The explainer’s answer:{" "}
            {status === "ok"
              ? labels.map((text) => plain(text, 80)).join("; ")
              : `failed, ${plain(reason ?? "no answer")}`}
          </summary>
          {reasoning && <pre>{plain(reasoning, 8000)}</pre>}
          <code>ledger {plain(key, 64)}</code>
        </details>
      ))}
      {explained.length > 0 && (
        <details>
          <summary>{explained.length} documents that the explainer saw</summary>
          <table>
            <tbody>
              {explained.map((shown, i) => (
                <tr key={i}>
                  <td>{truth(data, shown)}</td>
                  <td>{textOf(evidence, shown.document)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </section>
  );
}

function Verdicts(props: {
  title: string;
  data: AtlasData;
  evidence: PageEvidence;
  verdicts: readonly Verdict[];
  isOpen?: boolean;
}): JSX.Element {
  const { title, data, evidence, verdicts, isOpen = false } = props;
  const [isOnlyWrong, setOnlyWrong] = useState(false);
  const shown = new Map(evidence.shown.map((one) => [one.document, one]));
  const strength = (one: Verdict): number => shown.get(one.document)?.activation ?? 0;
  const rows = verdicts
    .filter((one) => !isOnlyWrong || outcome(one) !== "right")
    .sort((a, b) => Number(b.expected) - Number(a.expected) || strength(b) - strength(a));
  return (
    <details open={isOpen}>
      <summary>
        {title} <span class="muted">{tally(verdicts)}</span>
      </summary>
      <label>
        <input
          type="checkbox"
          checked={isOnlyWrong}
          onChange={(event) => setOnlyWrong(event.currentTarget.checked)}
        />{" "}
        only wrong and failed
      </label>
      <table class="verdicts">
        <thead>
          <tr>
            <th>verdict</th>
            <th>truth</th>
            <th>judge</th>
            <th>document, as the judge saw it</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one, i) => (
            <tr key={i} class={outcome(one)}>
              <td class="sign">{SIGNS[outcome(one)]}</td>
              <td>{truth(data, shown.get(one.document))}</td>
              <td>{said(one)}</td>
              <td>{textOf(evidence, one.document)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function outcome({ answer, expected }: Verdict): keyof typeof SIGNS {
  if (answer === null) return "failed";
  return answer === expected ? "right" : "wrong";
}

function said({ answer, confidence, probability }: Verdict): string {
  if (answer === null) return "no readable answer";
  const sure =
    confidence !== undefined
      ? `, confidence ${shortNumber(confidence)}`
      : probability !== undefined
        ? `, p(yes) ${shortNumber(probability)}`
        : "";
  return `${answer ? "yes, it fits" : "no"}${sure}`;
}

function truth(data: AtlasData, shown: Shown | undefined): JSX.Element {
  if (shown === undefined) return <>not recorded</>;
  if (shown.kind !== "active") return <>{KINDS[shown.kind]}</>;
  return (
    <>
      active {shortNumber(shown.activation)}
      {shown.member !== undefined && (
        <>
          {" "}
          in <LatentLink data={data} latent={shown.member} />
        </>
      )}
    </>
  );
}

function textOf({ documents }: PageEvidence, at: number): JSX.Element {
  const { id, text } = documents[at];
  return (
    <>
      <bdi>
        {text === undefined ? "(the corpus has no document with this id)" : plain(text, 1200)}
      </bdi>{" "}
      <code>{plain(id, 60)}</code>
    </>
  );
}

function tally(verdicts: readonly Verdict[]): string {
  return [true, false]
    .map((expected) => {
      const of = verdicts.filter((one) => one.expected === expected);
      const count = (result: string): number => of.filter((one) => outcome(one) === result).length;
      const failed = count("failed");
      return `${expected ? "active" : "inactive"}: ${count("right")} of ${of.length} right${failed > 0 ? `, ${failed} failed` : ""}`;
    })
    .join("; ");
}
