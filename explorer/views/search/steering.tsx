import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { SearchAnswer } from "../../../src/explorer/format.js";
import type { SteeringMethod } from "../../../src/search/steering-methods.js";
import { type AtlasData, latentName } from "../../data/atlas.js";
import { findNames } from "../../data/find-names.js";
import { plain, shortNumber } from "../../data/text.js";
import { FamilyLink, LatentLink } from "../../parts/links.js";
import { Term } from "../../parts/term.js";
import type { Slider } from "../../state/address.js";
import { change, state } from "../../state/state.js";

const SHOWN = 8;
const METHODS: Record<SteeringMethod, string> = {
  residual: "keep the rest of the query (residual)",
  additive: "add directions, as the paper does (additive)",
  reconstruction: "rebuild the query from its latents alone (reconstruction)",
  iterative: "leave other latents alone (iterative)",
  documents: "move towards the latents’ documents (documents)",
};

/** The query's latents as sliders, in typical activations, with further latents and families. */
export function Steering({ data, answer }: { data: AtlasData; answer: SearchAnswer }): JSX.Element {
  const { sliders, method } = state.value;
  const [isAll, setAll] = useState(false);
  const typical = new Map(answer.typical.map(({ latent, activation }) => [latent, activation]));
  const own = answer.query.map(({ latent, activation }): Slider => {
    const value = activation / (typical.get(latent) || activation);
    return { kind: "latent", id: latent, value };
  });
  const same = (a: Slider, b: Slider): boolean => a.kind === b.kind && a.id === b.id;
  const added = sliders.filter((one) => !own.some((other) => same(one, other)));
  const rows = [...added, ...(isAll ? own : own.slice(0, SHOWN))];
  const isMoving = useRef(false);
  const move = (slider: Slider, isLast: boolean): void => {
    const others = sliders.filter((one) => !same(one, slider));
    change({ sliders: [...others, slider] }, { replace: isMoving.current });
    isMoving.current = !isLast;
  };
  const reset = (slider: Slider): void =>
    change({ sliders: sliders.filter((one) => !same(one, slider)) });
  return (
    <details class="steering" open>
      <summary>
        Steer{" "}
        <span class="muted">
          {sliders.length === 0
            ? "change what the query is about"
            : `cosine to the original query ${shortNumber(answer.cosine, 3)}`}
        </span>
      </summary>
      <p class="muted hint">
        0 is off, 1 is as strong as <Term of="typical activation">usual</Term> in documents that
        have it.
      </p>
      <ul aria-label="latents of the query">
        {rows.map((row) => {
          const set = sliders.find((one) => same(one, row));
          const start = own.find((one) => same(one, row))?.value ?? 0;
          const value = set?.value ?? start;
          const name =
            row.kind === "latent"
              ? latentName(data, row.id)
              : `family ${plain(data.familyOf.get(row.id)?.name ?? "", 60)}`;
          return (
            <li key={`${row.kind}${row.id}`} class={set ? "moved" : ""}>
              <span class="bar-name">
                {row.kind === "latent" ? (
                  <LatentLink data={data} latent={row.id} />
                ) : (
                  <>
                    <small>family</small> <FamilyLink data={data} parent={row.id} />
                  </>
                )}
              </span>
              <input
                type="range"
                aria-label={`strength of ${name}`}
                min={row.kind === "latent" ? 0 : -6}
                max={Math.max(6, Math.ceil(start))}
                step={0.1}
                value={value}
                onInput={(event) =>
                  move({ ...row, value: Number(event.currentTarget.value) }, false)
                }
                onChange={() => {
                  isMoving.current = false;
                }}
              />
              <span class="number">{shortNumber(value, 1)}</span>
              {set ? (
                <button type="button" aria-label={`reset ${name}`} onClick={() => reset(row)}>
                  ×
                </button>
              ) : (
                <span />
              )}
            </li>
          );
        })}
      </ul>
      {own.length > SHOWN && (
        <button type="button" class="link" onClick={() => setAll(!isAll)}>
          {isAll ? "fewer" : `all ${own.length} latents of the query`}
        </button>
      )}
      <AddSlider
        data={data}
        add={(kind, id) => move({ kind, id, value: kind === "latent" ? 2 : 1 }, true)}
      />
      <label class="method">
        how{" "}
        <select
          value={method}
          aria-label="steering method"
          disabled={data.source.actions === undefined}
          onChange={(event) => change({ method: event.currentTarget.value as SteeringMethod })}
        >
          {(Object.keys(METHODS) as SteeringMethod[]).map((one) => (
            <option key={one} value={one}>
              {METHODS[one]}
            </option>
          ))}
        </select>
      </label>
      {sliders.length > 0 && (
        <p class="muted">
          {answer.others > 0 &&
            `Side effect: the query’s other latents changed by ${shortNumber(100 * answer.others, 0)} % in total. `}
          <button type="button" class="link" onClick={() => change({ sliders: [] })}>
            Reset all
          </button>
        </p>
      )}
    </details>
  );
}

/** Adds a latent or a whole family by words of its name. */
function AddSlider(props: {
  data: AtlasData;
  add: (kind: Slider["kind"], id: number) => void;
}): JSX.Element {
  const { data, add } = props;
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const names = findNames(data, text, 6);
  const choose = ({ kind, id }: (typeof names)[number]): void => {
    add(kind, id);
    setText("");
    // The button that was pressed goes: the keyboard's place would go with it.
    input.current?.focus();
  };
  return (
    <div class="add-slider">
      <input
        ref={input}
        type="search"
        aria-label="add a latent or a family by name"
        placeholder="Add a latent or family by name"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && names.length > 0) choose(names[0]);
        }}
      />
      {names.length > 0 && (
        <ul>
          {names.map((one) => (
            <li key={one.kind + String(one.id)}>
              <button type="button" onClick={() => choose(one)}>
                <small>{one.kind}</small> <bdi>{one.name}</bdi>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
