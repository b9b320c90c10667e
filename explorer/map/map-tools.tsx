import type { JSX } from "preact";

/** What dragging does on a map. */
export type Tool = "move" | "lasso" | "rectangle";

const TOOLS: readonly [Tool, string, string][] = [
  ["move", "Move", "✥"],
  ["lasso", "Lasso", "◌"],
  ["rectangle", "Rectangle", "▭"],
];

/** The tools of one map. */
export function MapTools(props: {
  title: string;
  tool: Tool;
  setTool: (tool: Tool) => void;
  zoom: (factor: number) => void;
  showAll: () => void;
  selectAll: (event: MouseEvent) => void;
}): JSX.Element {
  return (
    <div class="map-tools" role="toolbar" aria-label={`tools of the map of ${props.title}`}>
      {TOOLS.map(([tool, name, sign]) => (
        <button
          key={tool}
          type="button"
          aria-pressed={props.tool === tool}
          title={tool === "move" ? name : `${name}: Shift adds, Alt subtracts`}
          aria-label={name}
          onClick={() => props.setTool(tool)}
        >
          {sign}
        </button>
      ))}
      <span class="gap" />
      <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => props.zoom(1.5)}>
        +
      </button>
      <button
        type="button"
        aria-label="Zoom out"
        title="Zoom out"
        onClick={() => props.zoom(1 / 1.5)}
      >
        −
      </button>
      <button type="button" aria-label="Show all" title="Show all" onClick={props.showAll}>
        ⤢
      </button>
      <button
        type="button"
        aria-label="Select all in view"
        title="Select all in view: Shift adds, Alt subtracts"
        onClick={props.selectAll}
      >
        ⊡
      </button>
    </div>
  );
}
