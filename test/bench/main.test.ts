import test from "ava";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const run = (script: string, ...words: string[]): { status: number | null; said: string } => {
  const file = fileURLToPath(new URL(`../../bench/${script}.js`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...words]);
  return { status, said: `${String(stdout)}${String(stderr)}`.trim() };
};

for (const [script, parts] of [
  ["main", "large"],
  ["build-sample", "--documents-only"],
]) {
  test(`${script} shows its help, and says in one line which option it does not know`, (t) => {
    const { status, said } = run(script, "--help");
    t.is(status, 0);
    t.true(said.startsWith("Usage: npm run") && said.includes(parts), said);
    t.deepEqual(run(script, "--nonsense"), {
      status: 1,
      said: "error: unknown option '--nonsense'",
    });
  });
}

test("main says which parts there are, and refuses a wait that is no time", (t) => {
  t.regex(run("main", "lagre").said, /^error: .*'lagre' is invalid.* there are .*, large, .*$/);
  t.regex(run("main", "--wait", "x", "map").said, /^error: .*'x' is invalid.* expected seconds.*$/);
});
