import type { Engine } from "../engine/engine.js";
import type { MatrixFile } from "../files/matrix.js";
import type { Sae } from "../sae/sae.js";

/** Warns where the embeddings, read in another way than the SAE declares, are explained far better; see compareReadings. */
export async function warnOfReading(
  sae: Sae,
  embeddings: MatrixFile,
  engine: Engine,
  onWarning: (warning: string) => void,
): Promise<void> {
  const { compareReadings } = await import("../sae/measure/compare-readings.js");
  const { warning } = await compareReadings(sae, embeddings, { engine, quick: true });
  if (warning !== undefined) onWarning(warning);
}
