// What .ci/labels expects of a small model's labels: answers in the form asked for, whatever they say.
import { readFileSync } from "node:fs";
import path from "node:path";

const [folder] = process.argv.slice(2);
const faults = [];
const expect = (holds, what) => holds || faults.push(what);
const lines = (file) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

for (const protocol of ["local", "default"]) {
  const report = JSON.parse(readFileSync(path.join(folder, `${protocol}.json`), "utf8"));
  const records = lines(`families/ci-${protocol}/labels.llm.jsonl`);
  const answers = lines(`families/ci-${protocol}/labels.ledger.jsonl`);
  const judged = answers.filter(({ prompt }) => /^(verdict|detect)@/.test(prompt));
  const ok = judged.filter(({ status }) => status === "ok");
  const labelled = records.filter(({ label }) => label !== "");
  const auc = report.judgeCheck?.value.toFixed(2);
  const of = `${ok.length} of ${judged.length} verdicts read`;
  console.log(
    `${protocol}: ${of}, judge's AUC ${auc}, labels: ${labelled.map((one) => one.label).join("; ")}`,
  );
  expect(records.length === 3, `${protocol}: 3 records, got ${records.length}`);
  expect(report.judgeCheck?.n > 0, `${protocol}: answers to the check of the judge`);
  expect(ok.length >= 0.9 * judged.length, `${protocol}: most verdicts in the form asked for`);
  expect(
    labelled.every(
      ({ scoreName, promptVersion }) => scoreName && promptVersion.startsWith(protocol),
    ),
    `${protocol}: a score for every label`,
  );
  if (protocol === "local") {
    // The steps of the other protocol are beyond so small a model.
    expect(labelled.length > 0, "local: a label");
    const first = labelled.every(({ scoreName }) => scoreName === "auc");
    expect(first, "local: the AUC of log-probabilities as the first measure");
    const beside = labelled.every(({ scores }) =>
      scores.some(({ name }) => name === "embedding-auc"),
    );
    expect(beside, "local: the embedding score beside it");
  }
}
for (const fault of faults) console.log(`missing: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
