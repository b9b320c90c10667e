import type { SteeringEvaluation } from "./evaluate-steering.js";
import type { OptionKind } from "./judge-question.js";
import type { SteeringMethod } from "../steer.js";

/** One of the authors' `stats_{up}_{down}.json`, by its field names. */
export interface PaperStatistics {
  /** Share of answers that named the latent that went up, and the one that went down; null where nothing was judged. */
  up_acc: number | null;
  down_acc: number | null;
  /** Answers. */
  total: number;
  /** Answers by what they chose as having gone up, and as having gone down. */
  up_dist: Record<OptionKind, number>;
  down_dist: Record<OptionKind, number>;
  cosine_similarities: number[];
}

/**
 * The cells of one method as the authors' files, by name. They take strengths as they are, `down` at or below 0; ours
 * are multiples of the typical active value. What their `up_dist` and `down_dist` hold is not known.
 */
export function paperStatistics(
  { cells }: Pick<SteeringEvaluation, "cells">,
  method: SteeringMethod,
): Record<string, PaperStatistics> {
  const none: Record<OptionKind, number> = { up: 0, down: 0, distractor: 0 };
  const own = cells.filter((cell) => cell.method === method);
  return Object.fromEntries(
    own.map(({ up, down, cosines, judged }) => {
      const { total = 0, upRight = 0, downRight = 0 } = judged ?? {};
      const statistics: PaperStatistics = {
        up_acc: total > 0 ? upRight / total : null,
        down_acc: total > 0 ? downRight / total : null,
        total,
        up_dist: judged?.upChosen ?? none,
        down_dist: judged?.downChosen ?? none,
        cosine_similarities: cosines,
      };
      return [`stats_${up}_${down === 0 ? 0 : -down}.json`, statistics];
    }),
  );
}
