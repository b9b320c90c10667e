import test from "ava";
import type { Matrix } from "../../src/core/index.js";
import { createOnnxEngine } from "../../src/engine/onnx/index.js";
import { computeCoactivation } from "../../src/families/index.js";
import { readCodes } from "../../src/files/index.js";
import {
  coactivationProfiles,
  cosineNeighbours,
  neighboursKept,
  projectUmap,
  trustworthiness,
} from "../../src/projection/index.js";
import { loadSae } from "../../src/sae/index.js";
import { sharedPath } from "../support/shared.js";

test("a map of co-activation profiles is far truer to its data than one of decoder directions", async (t) => {
  const checkpoint = sharedPath("reference/csLG_8_512_16.pth");
  const folder = sharedPath("reference/expected");
  if (checkpoint === undefined || folder === undefined) {
    t.log("skipped: no reference kit beside the project");
    t.pass();
    return;
  }
  const { decoder } = await loadSae(checkpoint);
  const profiles = coactivationProfiles(
    computeCoactivation(await readCodes(folder, { k: 8, n: 512 })),
  );
  const engine = await createOnnxEngine({ device: "cpu" });
  const judge = async (name: string, rows: Matrix): Promise<{ kept: number; trust: number }> => {
    const neighbours = await cosineNeighbours(rows, 14, engine);
    const places = await projectUmap(neighbours, { epochs: 201 });
    const kept = neighboursKept(neighbours, places);
    const trust = trustworthiness(rows, places, 14, { sample: 200 });
    t.log(`${name}: neighbours kept ${kept.toFixed(3)}, trustworthiness ${trust.toFixed(3)}`);
    return { kept, trust };
  };
  const direct = await judge("decoder directions", decoder);
  const shared = await judge("co-activation profiles", profiles);
  t.true(direct.kept > 4 * (14 / 511), "chance is 14 / 511");
  t.true(shared.kept > 1.5 * direct.kept);
  t.true(shared.trust > 0.85);
});
