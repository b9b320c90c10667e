import type { Command } from "./command.js";
import { buildCommand } from "./commands/build.js";
import { catalogCommand } from "./commands/catalog.js";
import { contrastCommand } from "./commands/contrast.js";
import { convertCommand } from "./commands/convert.js";
import { demoCommand } from "./commands/demo.js";
import { doctorCommand } from "./commands/doctor.js";
import { embedCommand } from "./commands/embed.js";
import { encodeCommand } from "./commands/encode.js";
import { auditCommand, exploreCommand } from "./commands/explore.js";
import { exportCommand } from "./commands/export.js";
import { familiesCommand } from "./commands/families.js";
import { figuresCommand } from "./commands/figures.js";
import { inspectCommand } from "./commands/inspect.js";
import { labelCommand } from "./commands/label.js";
import { mapCommand } from "./commands/map.js";
import { matchCommand } from "./commands/match.js";
import { metricsCommand } from "./commands/metrics.js";
import { jupyterCommand, notebooksCommand } from "./commands/notebooks.js";
import { pullCommand } from "./commands/pull.js";
import { scalingCommand } from "./commands/scaling.js";
import { scoreCommand } from "./commands/score.js";
import { searchCommand } from "./commands/search.js";
import { stabilityCommand } from "./commands/stability.js";
import { steeringCommand } from "./commands/steering.js";
import { taskCommand } from "./commands/tasks/task.js";
import { trainCommand } from "./commands/train.js";

/** Every command, in the order of the overview. */
export const commands: readonly Command[] = [
  demoCommand,
  buildCommand,
  pullCommand,
  embedCommand,
  figuresCommand,
  exploreCommand,
  searchCommand,
  catalogCommand,
  exportCommand,
  contrastCommand,
  stabilityCommand,
  steeringCommand,
  labelCommand,
  scoreCommand,
  auditCommand,
  trainCommand,
  scalingCommand,
  inspectCommand,
  convertCommand,
  encodeCommand,
  metricsCommand,
  familiesCommand,
  mapCommand,
  taskCommand,
  matchCommand,
  doctorCommand,
  notebooksCommand,
  jupyterCommand,
];
