import { writeFileAtomic } from "./atomic-file.js";
import { type TensorContent, encodeSafetensors } from "./safetensors.js";

/** Writes a safetensors file; it appears only when it is complete. Throws as `encodeSafetensors` does. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorContent>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}
