/** Encodes shards and kills itself once so many documents are done. */
import { encodeToShards } from "../../../src/sae/index.js";

const [sae, source, out, workers, documents] = process.argv.slice(2);
await encodeToShards(sae, source, out, {
  device: "cpu",
  workers: workers === "" ? undefined : Number(workers),
  batch: 20,
  onProgress({ done }) {
    if (done >= Number(documents)) process.kill(process.pid, "SIGKILL");
  },
});
