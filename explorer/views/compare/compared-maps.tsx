import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { AtlasData, Compared } from "../../data/atlas.js";
import { type Lit, findLit } from "../../data/lit.js";
import { useAsync } from "../../parts/use-async.js";
import { change, hovered, state } from "../../state/state.js";
import { LatentMap, combined } from "../maps.js";
import { focusIn, matchOf } from "./matched.js";
import { namesOf } from "./matches.js";

/** The maps of both atlases' latents: what one is about is shown in the other by its match. */
export function ComparedMaps(props: { data: AtlasData; compared: Compared }): JSX.Element {
  const { data, compared } = props;
  const { focus, latents, documents } = state.value;
  const { other, match } = compared;
  const names = namesOf(data, compared);
  const matched = useMemo(
    () => latents.flatMap((id) => matchOf(compared, { kind: "latent", id })?.id ?? []),
    [compared, latents],
  );
  const chosen = {
    here: { focus: focusIn(compared, focus, false), latents, documents },
    there: {
      focus: focusIn(compared, focus, true),
      latents: matched,
      documents: match.sameDocuments ? documents : [],
    },
  };
  const isChosen = focus !== undefined || latents.length > 0 || documents.length > 0;
  const inputs = [data, compared, focus, latents, documents];
  const lit = useAsync(
    async () => ({
      here: await litOf(data, chosen.here, isChosen),
      there: await litOf(other, chosen.there, isChosen),
    }),
    inputs,
  ).value;
  return (
    <div class="maps both">
      <LatentMap
        data={data}
        title={`latents of ${names[0]}`}
        lit={lit?.here ?? {}}
        focus={chosen.here.focus}
        over={focusIn(compared, hovered.value, false)}
        select={(ids, how) => change({ latents: combined(latents, ids, how), documents: [] })}
      />
      <LatentMap
        data={other}
        title={`latents of ${names[1]}`}
        lit={lit?.there ?? {}}
        focus={chosen.there.focus}
        over={focusIn(compared, hovered.value, true)}
        select={(ids, how) => {
          const inside = new Set(ids);
          const own = Array.from({ length: data.index.latents }, (_, id) => id).filter((id) =>
            inside.has(matchOf(compared, { kind: "latent", id })?.id ?? -1),
          );
          change({ latents: combined(latents, own, how), documents: [] });
        }}
      />
    </div>
  );
}

/** What is lit; nothing where something is chosen that this side has no match of. */
async function litOf(
  data: AtlasData,
  chosen: Parameters<typeof findLit>[1],
  isChosen: boolean,
): Promise<Lit> {
  const lit = await findLit(data, chosen);
  return isChosen && lit.latents === undefined ? { latents: new Set() } : lit;
}
