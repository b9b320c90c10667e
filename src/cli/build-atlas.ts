import path from "node:path";
import { compact } from "../core/collections.js";
import type { BuildOptions } from "../atlas/options.js";
import type { CommandContext, CommandOutput } from "./command.js";
import { describePlan, describeSteps, describeSummary, summariseAtlas } from "./results/build.js";
import { formatRows } from "./results/rows.js";
import * as option from "./option-kinds.js";

/** Where a build draws. */
export const FIGURE_OPTIONS: {
  figures: option.Option<"string">;
  "no-figures": option.Option<"boolean">;
} = {
  figures: option.folder("folder of the figures (default figures/NAME)"),
  "no-figures": option.flag("do not draw figures (which need a browser)", {
    excludes: ["figures"],
  }),
};

export const BASELINES_OPTION: { baselines: option.Option<"boolean"> } = {
  baselines: option.flag(
    "if the documents have classes, also compare the latents with an SAE whose decoder stays random (takes as long as training), and with k-means and random documents however long that takes (default: only the last two, and only if they take seconds)",
  ),
};

/** Builds an atlas and its figures, and summarises it. */
export async function runBuild(
  options: BuildOptions,
  { figures, noFigures }: { figures?: string; noFigures: boolean },
  { onProgress, onWarning, signal, ...context }: CommandContext,
): Promise<CommandOutput> {
  const { buildAtlas } = await import("../atlas/open.js");
  const { refreshFigures } = await import("../atlas/steps/figures-step.js");
  const start = performance.now();
  const { dir } = options;
  const atlas = await buildAtlas({
    ...options,
    figures: !noFigures,
    onProgress,
    onPlan: (plan) => context.note(describePlan(plan)),
    onWarning,
    signal,
  });
  const { ran = [], kept = [], dropped = [] } = atlas.built ?? {};
  const folder = figures ?? path.join("figures", path.basename(dir));
  const drawn = noFigures
    ? undefined
    : await refreshFigures(atlas.store, folder, { onProgress, signal });
  if (!noFigures) (drawn ? ran : kept).push("figures");
  const seconds = (performance.now() - start) / 1000;
  const summary = await summariseAtlas(atlas);
  return {
    json: { ...atlas.built, figures: drawn, seconds, ...summary },
    lines: compact([
      ...formatRows(describeSummary(summary)),
      "",
      `atlas    ${dir}`,
      !noFigures && `figures  ${folder}`,
      `open it  npx feature-families explore --atlas ${dir} --open`,
      `done in ${seconds.toFixed(1)} s: ${describeSteps(ran, kept)}`,
      dropped.includes("stability") &&
        `the families changed, so their stability results were deleted: feature-families stability --atlas ${dir} measures them again`,
    ]),
  };
}
