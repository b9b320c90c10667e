import type { Command } from "./command.js";
import { auditCommand } from "./audit.js";
import { catalogCommand } from "./catalog.js";
import { convertCommand } from "./convert.js";
import { demoCommand } from "./demo.js";
import { doctorCommand } from "./doctor.js";
import { embedCommand } from "./embed.js";
import { encodeCommand } from "./encode.js";
import { exportCommand } from "./export.js";
import { familiesCommand } from "./families.js";
import { figuresCommand } from "./figures.js";
import { inspectCommand } from "./inspect.js";
import { jupyterCommand } from "./jupyter.js";
import { labelCommand } from "./label.js";
import { mapCommand } from "./map.js";
import { matchCommand } from "./match.js";
import { metricsCommand } from "./metrics.js";
import { notebooksCommand } from "./notebooks.js";
import { pullCommand } from "./pull.js";
import { scalingCommand } from "./scaling.js";
import { scoreCommand } from "./score.js";
import { searchCommand } from "./search.js";
import { stabilityCommand } from "./stability.js";
import { steeringCommand } from "./steering.js";
import { trainCommand } from "./train.js";

/** Every command, in the order of the overview. */
export const commands: readonly Command[] = [
  demoCommand,
  doctorCommand,
  pullCommand,
  embedCommand,
  inspectCommand,
  convertCommand,
  trainCommand,
  scalingCommand,
  encodeCommand,
  metricsCommand,
  familiesCommand,
  mapCommand,
  matchCommand,
  stabilityCommand,
  figuresCommand,
  labelCommand,
  scoreCommand,
  catalogCommand,
  auditCommand,
  searchCommand,
  steeringCommand,
  exportCommand,
  notebooksCommand,
  jupyterCommand,
];
