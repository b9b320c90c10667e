import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { AtlasData } from "../data/atlas.js";
import { reloadAtlas } from "../state/atlas-state.js";

/** A form that corrects a label or a family's name; absent where there is no server to write it. */
export function Correction(props: {
  data: AtlasData;
  of: "latent" | "family";
  id: number;
  label: string;
  source: string | null;
}): JSX.Element | null {
  const { data, of, id, label, source } = props;
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const first = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => first.current?.select(), [isOpen]);
  const { actions } = data.source;
  if (actions === undefined) return null;
  const close = (): void => {
    setOpen(false);
    opener.current?.focus();
  };
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      await work();
      close();
      await reloadAtlas();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [text, note] = ["label", "note"].map((name) => {
      const value = form.get(name);
      return typeof value === "string" ? value.trim() : "";
    });
    void run(() => actions.correct({ of, latent: id, label: text, ...(note !== "" && { note }) }));
  };
  return (
    <>
      <button ref={opener} type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        Correct the {of === "latent" ? "label" : "name"}
      </button>
      {source === "human" && (
        <button
          type="button"
          disabled={isBusy}
          onClick={() => void run(() => actions.withdraw({ of, latent: id }))}
        >
          Withdraw the correction
        </button>
      )}
      {isOpen && (
        <form
          class="correction"
          onSubmit={onSubmit}
          onKeyDown={({ key }) => {
            if (key === "Escape") close();
          }}
        >
          <label>
            {of === "latent" ? "Label" : "Name"}
            <input
              ref={first}
              name="label"
              required
              maxLength={500}
              defaultValue={label}
              autocomplete="off"
            />
          </label>
          <label>
            Reason (kept with the correction)
            <input name="note" maxLength={2000} autocomplete="off" />
          </label>
          <button type="submit" disabled={isBusy}>
            {isBusy ? "Saving…" : "Save"}
          </button>
        </form>
      )}
      {problem !== "" && <p class="problem">{problem}</p>}
    </>
  );
}
