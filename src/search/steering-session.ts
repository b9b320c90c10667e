import type { SteeringEdit } from "./edits.js";

/** The edits of a steered search, never changed in place: every step gives a new session. */
export interface SteeringSession {
  /** The edits in force, oldest first. */
  readonly edits: readonly SteeringEdit[];
  /** Edits that were undone and can be redone, the next one last. */
  readonly undone: readonly SteeringEdit[];
  /** With one more edit; what was undone is forgotten. */
  add(edit: SteeringEdit): SteeringSession;
  /** Without the newest edit; itself where there is none. */
  undo(): SteeringSession;
  /** With the edit undone last; itself where there is none. */
  redo(): SteeringSession;
}

/** A session without edits, or with the given ones. */
export function startSteering(
  edits: readonly SteeringEdit[] = [],
  undone: readonly SteeringEdit[] = [],
): SteeringSession {
  const session: SteeringSession = {
    edits: Object.freeze([...edits]),
    undone: Object.freeze([...undone]),
    add: (edit) => startSteering([...edits, Object.freeze({ ...edit })]),
    undo: () =>
      edits.length === 0
        ? session
        : startSteering(edits.slice(0, -1), [...undone, edits[edits.length - 1]]),
    redo: () =>
      undone.length === 0
        ? session
        : startSteering([...edits, undone[undone.length - 1]], undone.slice(0, -1)),
  };
  return Object.freeze(session);
}
