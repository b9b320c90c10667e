import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { AtlasData } from "../data/atlas.js";
import { selectionFile, selectionProgram } from "../data/selection.js";
import { wholeNumber } from "../data/text.js";
import { change, state } from "../state/state.js";

/** What is selected, and what can be done with it. */
export function SelectionBar({ data }: { data: AtlasData }): JSX.Element | null {
  const { latents, documents } = state.value;
  const [kind, ids] =
    documents.length > 0 ? (["documents", documents] as const) : (["latents", latents] as const);
  if (ids.length === 0) return null;
  const save = async (ending: "csv" | "json"): Promise<void> => {
    download(`${kind}.${ending}`, await selectionFile(data, kind, ids, ending));
  };
  return (
    <div class="selection" role="status">
      <b>
        {wholeNumber(ids.length)} {kind} selected
      </b>
      <button type="button" onClick={() => void save("csv")}>
        CSV
      </button>
      <button type="button" onClick={() => void save("json")}>
        JSON
      </button>
      <Program text={() => selectionProgram(data.index, kind, ids)} />
      <button type="button" onClick={() => change({ latents: [], documents: [] })}>
        Clear
      </button>
    </div>
  );
}

/** The program, written out when it is asked for: of a large selection it is megabytes. */
function Program({ text }: { text: () => string }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="menu" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>TypeScript</summary>
      {isOpen && (
        <div>
          <pre>{text()}</pre>
          <button type="button" onClick={() => void navigator.clipboard.writeText(text())}>
            Copy
          </button>
        </div>
      )}
    </details>
  );
}

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
