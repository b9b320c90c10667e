import { ownValue } from "../../src/core/collections.js";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  type Camera,
  type Look,
  type Point,
  type Size,
  cameraOf,
  fit,
  lookOf,
  toPlane,
  toScreen,
  zoomAt,
} from "./camera.js";
import { createRenderer } from "./create-renderer.js";
import { type Tool, MapTools } from "./map-tools.js";
import { type Overlay, drawOverlay } from "./overlay.js";
import { gridOf } from "./point-grid.js";
import { pointsInside } from "./points-inside.js";
import type { PointRenderer } from "./renderer.js";

/** A map of points that can be moved, hovered, clicked and selected from. */
export interface PointMapProps {
  /** What the points are, such as "latents". */
  title: string;
  /** [count, 2]; NaN for points without a place. */
  points: Float32Array;
  colours: Uint8Array;
  sizes: Float32Array;
  /** Points that stand out; undefined where all are alike. */
  lit?: ReadonlySet<number>;
  overlay: Pick<Overlay, "names" | "regions" | "edges">;
  /** What is seen of it; all of it by default. */
  look?: Look;
  /** What is seen once a movement has ended. */
  onLook: (look: Look | undefined) => void;
  focus?: number;
  hovered?: number;
  onHover: (at: number | undefined) => void;
  onClick: (at: number) => void;
  /** Points of a lasso or rectangle, to be taken, added or subtracted. */
  onSelect: (points: number[], how: "new" | "add" | "subtract") => void;
  card: (at: number) => ComponentChildren;
}

/** Points drawn while the map moves, fewer where frames take longer than SLOW milliseconds; all are when it is still. */
const MOVING = 100_000;
const LEAST = 10_000;
const SLOW = 40;
const REACH = 12;
/** A movement has ended after this long without another, in milliseconds. */
const ENDED = 150;

export function PointMap(props: PointMapProps): JSX.Element {
  const { points, colours, sizes, lit, overlay, look, focus, hovered, title } = props;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<PointRenderer | undefined>(undefined);
  const camera = useRef<Camera | undefined>(undefined);
  const whole = useRef<Camera | undefined>(undefined);
  // The look that the address last gave or was given.
  const given = useRef(look);
  const lasso = useRef<Point[]>([]);
  const pointers = useRef(new Map<number, Point>());
  const moved = useRef(0);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const [tool, setTool] = useState<Tool>("move");
  const [card, setCard] = useState<{ at: number; x: number; y: number }>();
  const [hasFocus, setHasFocus] = useState(false);
  const grid = useMemo(() => gridOf(points), [points]);
  const latest = useRef<() => void>(() => undefined);
  const scheduled = useRef(0);
  const still = useRef(0);
  const ending = useRef(0);
  // When the map last moved, and how many points are drawn while it does.
  const pace = useRef({ last: Infinity, count: MOVING });

  const redraw = (most = Infinity): void => {
    cancelAnimationFrame(scheduled.current);
    clearTimeout(still.current);
    scheduled.current = requestAnimationFrame((now) => {
      if (!renderer.current || !camera.current || !above.current || size.width === 0) return;
      const isMoving = most < points.length / 2;
      const { last, count } = pace.current;
      const isSlow = isMoving && now - last > SLOW;
      pace.current = {
        last: isMoving ? now : Infinity,
        count: isSlow ? Math.max(LEAST, count / 1.5) : count,
      };
      renderer.current.draw(camera.current, size, Math.min(most, isMoving ? count : most));
      latest.current();
      // From now on it answers keys and the pointer.
      if (frame.current) frame.current.dataset.renderer = renderer.current.kind;
      if (isMoving) still.current = window.setTimeout(() => redraw(), 120);
    });
  };
  latest.current = () => {
    if (!above.current || !camera.current) return;
    const zoom = camera.current.scale / (whole.current?.scale ?? camera.current.scale);
    const rings = [hovered, focus].flatMap((at, i) =>
      at === undefined || !(points[2 * at] > -Infinity)
        ? []
        : [{ at: [points[2 * at], points[2 * at + 1]] as const, isHovered: i === 0 }],
    );
    const drawn = { ...overlay, rings, lasso: lasso.current, hasCross: hasFocus };
    drawOverlay(above.current, camera.current, size, zoom, drawn);
  };
  const end = (): void => {
    clearTimeout(ending.current);
    if (ending.current === 0 || !camera.current || !whole.current) return;
    ending.current = 0;
    given.current = lookOf(camera.current, whole.current);
    props.onLook(given.current);
  };
  const move = (next: Camera): void => {
    camera.current = next;
    redraw(MOVING);
    clearTimeout(ending.current);
    ending.current = window.setTimeout(end, ENDED);
  };

  useEffect(() => {
    if (!canvas.current || !frame.current) return undefined;
    const made = createRenderer(canvas.current);
    renderer.current = made;
    const observer = new ResizeObserver(([{ contentRect }]) =>
      setSize({ width: contentRect.width, height: contentRect.height }),
    );
    observer.observe(frame.current);
    return () => {
      observer.disconnect();
      made.dispose();
      end();
    };
  }, []);
  useEffect(() => renderer.current?.setPoints(points), [points]);
  // The camera follows size and address at once: the next key or click goes by what they are now.
  useLayoutEffect(() => {
    // A frame that is folded has no scale to keep.
    if (size.width === 0 || size.height === 0) return;
    const before = whole.current;
    whole.current = fit(points, size);
    const { x, y, scale } = camera.current ?? cameraOf(look, whole.current);
    const growth = before === undefined ? 1 : whole.current.scale / before.scale;
    camera.current = { x, y, scale: scale * growth };
  }, [points, size]);
  useLayoutEffect(() => {
    // The map's own look may come back after the next movement has begun, which must not be lost.
    if (String(look) === String(given.current)) return;
    given.current = look;
    if (!camera.current || !whole.current) return;
    camera.current = cameraOf(look, whole.current);
    setCard(undefined);
  }, [String(look)]);
  useEffect(() => {
    // Names and edges have the theme's colours.
    const isDark = matchMedia("(prefers-color-scheme: dark)");
    const onTheme = (): void => latest.current();
    isDark.addEventListener("change", onTheme);
    return () => isDark.removeEventListener("change", onTheme);
  }, []);
  useEffect(() => renderer.current?.setStyle(colours, sizes), [points, colours, sizes]);
  useEffect(() => renderer.current?.setLit(lit), [points, lit]);
  // Where it only grows or shrinks, as when a page opens beside it, points are soon drawn anew.
  useEffect(() => redraw(MOVING), [size]);
  useEffect(() => redraw(), [points, colours, sizes, lit, String(look)]);
  useEffect(() => {
    const frame = requestAnimationFrame(() => latest.current());
    return () => cancelAnimationFrame(frame);
  }, [overlay, focus, hovered, hasFocus]);

  const place = (event: { clientX: number; clientY: number }): Point => {
    const box = frame.current?.getBoundingClientRect();
    return [event.clientX - (box?.left ?? 0), event.clientY - (box?.top ?? 0)];
  };
  const nearest = ([x, y]: Point, reach = REACH): number | undefined => {
    if (!camera.current) return undefined;
    const [px, py] = toPlane(camera.current, size, x, y);
    const found = grid.within(px, py, reach / camera.current.scale);
    let [best, least] = [undefined as number | undefined, Infinity];
    for (const at of found) {
      const distance = Math.hypot(points[2 * at] - px, points[2 * at + 1] - py);
      if (sizes[at] > 0 && distance < least) [best, least] = [at, distance];
    }
    return best;
  };
  const hover = (at: number | undefined): void => {
    if (at === undefined || !camera.current) setCard(undefined);
    else {
      const [x, y] = toScreen(camera.current, size, points[2 * at], points[2 * at + 1]);
      setCard({ at, x, y });
    }
    if (at !== hovered) props.onHover(at);
  };
  const select = (
    polygon: readonly Point[],
    event: { shiftKey: boolean; altKey: boolean },
  ): void => {
    const view = camera.current;
    if (!view) return;
    const corners = polygon.map(([x, y]) => toPlane(view, size, x, y));
    const inside = pointsInside(grid, points, corners).filter((at) => sizes[at] > 0);
    props.onSelect(inside, event.altKey ? "subtract" : event.shiftKey ? "add" : "new");
  };

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    frame.current?.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, place(event));
    moved.current = 0;
    if (tool !== "move" && pointers.current.size === 1) lasso.current = [place(event)];
  };
  const onPointerMove = (event: PointerEvent): void => {
    const at = place(event);
    const before = pointers.current.get(event.pointerId);
    if (before === undefined || !camera.current) return hover(nearest(at));
    const [dx, dy] = [at[0] - before[0], at[1] - before[1]];
    moved.current += Math.hypot(dx, dy);
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, at);
    if (other !== undefined) {
      const [from, to] = [before, at].map((one) =>
        Math.hypot(one[0] - other[0], one[1] - other[1]),
      );
      return move(zoomAt(camera.current, size, other, to / Math.max(1, from)));
    }
    if (tool === "move") {
      const { x, y, scale } = camera.current;
      if (moved.current > 3) setCard(undefined);
      return move({ x: x - dx / scale, y: y + dy / scale, scale });
    }
    const [start] = lasso.current;
    if (tool === "rectangle") lasso.current = [start, [at[0], start[1]], at, [start[0], at[1]]];
    else lasso.current.push(at);
    latest.current();
  };
  const onPointerUp = (event: PointerEvent): void => {
    const wasDown = pointers.current.delete(event.pointerId);
    const polygon = lasso.current;
    lasso.current = [];
    latest.current();
    if (!wasDown) return;
    if (moved.current <= 3) {
      const at = nearest(place(event), event.pointerType === "touch" ? 2 * REACH : REACH);
      if (at !== undefined) props.onClick(at);
    } else if (polygon.length > 2) select(polygon, event);
  };
  const zoom = (factor: number, at: Point = [size.width / 2, size.height / 2]): void => {
    if (camera.current) move(zoomAt(camera.current, size, at, factor));
  };
  const showAll = (): void => {
    if (whole.current) move(whole.current);
  };
  const selectAll = (event: { shiftKey: boolean; altKey: boolean }): void => {
    const { width, height } = size;
    select(
      [
        [0, 0],
        [width, 0],
        [width, height],
        [0, height],
      ],
      event,
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!camera.current || event.ctrlKey || event.metaKey) return;
    const { x, y, scale } = camera.current;
    const step = 60 / scale;
    const keys: Record<string, () => void> = {
      ArrowLeft: () => move({ x: x - step, y, scale }),
      ArrowRight: () => move({ x: x + step, y, scale }),
      ArrowUp: () => move({ x, y: y + step, scale }),
      ArrowDown: () => move({ x, y: y - step, scale }),
      "+": () => zoom(1.4),
      "=": () => zoom(1.4),
      "-": () => zoom(1 / 1.4),
      "0": showAll,
      a: () => selectAll(event),
      A: () => selectAll(event),
      å: () => selectAll(event),
      Enter: () => {
        const at = nearest([size.width / 2, size.height / 2], Infinity);
        if (at !== undefined) props.onClick(at);
      },
    };
    const act = ownValue(keys, event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
    const centre = nearest([size.width / 2, size.height / 2], 40);
    if (event.key.startsWith("Arrow")) requestAnimationFrame(() => hover(centre));
  };

  return (
    <section class="map" aria-label={`map of ${title}`}>
      <div
        ref={frame}
        class={`plot ${tool}`}
        tabIndex={0}
        role="application"
        aria-label={`map of ${title}: arrows move, plus and minus zoom, 0 shows all, Enter opens the point at the cross, A selects all in view`}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
        onPointerLeave={() => hover(undefined)}
        onWheel={(event) => {
          event.preventDefault();
          zoom(Math.exp(-event.deltaY / 400), place(event));
        }}
        onDblClick={(event) => zoom(2, place(event))}
        onKeyDown={onKeyDown}
        onFocus={(event) => setHasFocus(event.currentTarget.matches(":focus-visible"))}
        onBlur={() => setHasFocus(false)}
      >
        <canvas ref={canvas} />
        <canvas ref={above} />
        {card && (
          <div
            class="card"
            style={{
              left: `${Math.min(Math.max(card.x, 130), Math.max(130, size.width - 130))}px`,
              [card.y > size.height / 2 ? "bottom" : "top"]:
                `${(card.y > size.height / 2 ? size.height - card.y : card.y) + 14}px`,
            }}
          >
            {props.card(card.at)}
          </div>
        )}
      </div>
      <MapTools
        title={title}
        tool={tool}
        setTool={setTool}
        zoom={(factor) => zoom(factor)}
        showAll={showAll}
        selectAll={selectAll}
      />
    </section>
  );
}
