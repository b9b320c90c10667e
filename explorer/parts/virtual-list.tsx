import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { typeScale } from "../data/text.js";

const ROWS = { tree: "treeitem", listbox: "option", grid: "row" } as const;

/** A list that holds only the rows in view. Arrows, Page Up and Down, Home and End move; Enter opens. */
export function VirtualList(props: {
  label: string;
  count: number;
  /** In pixels at the usual size of type, with which it grows. */
  rowHeight: number;
  /** The row that is open, which is scrolled to. */
  current?: number;
  onOpen: (at: number) => void;
  row: (at: number) => ComponentChildren;
  header?: ComponentChildren;
  role?: "listbox" | "tree" | "grid";
}): JSX.Element {
  const { label, count, current, onOpen, row, header, role = "listbox" } = props;
  const rowHeight = Math.round(props.rowHeight * typeScale());
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  const [active, setActive] = useState(Math.max(0, current ?? 0));
  const scrollTo = (at: number): void => {
    const element = box.current;
    if (!element) return;
    const head = element.querySelector<HTMLElement>(".list-head")?.offsetHeight ?? 0;
    const [top, bottom] = [at * rowHeight, (at + 1) * rowHeight];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight - head) {
      element.scrollTop = bottom - element.clientHeight + head;
    }
  };
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() =>
      setView({ top: element.scrollTop, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // Before the next key, which moves on from there.
  useLayoutEffect(() => {
    if (current === undefined || current < 0) return;
    setActive(current);
    scrollTo(current);
  }, [current, count]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== box.current) return;
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: count - 1,
    };
    if (event.key === "Enter" && active < count) onOpen(active);
    else if (Object.hasOwn(steps, event.key)) {
      const next = Math.max(0, Math.min(count - 1, steps[event.key]));
      setActive(next);
      scrollTo(next);
    } else return;
    event.preventDefault();
  };
  const first = Math.max(0, Math.floor(view.top / rowHeight) - 6);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + 6);
  const id = `list-${label.replace(/\W+/g, "-")}`;
  return (
    <div
      ref={box}
      class="list"
      role={role}
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={active >= first && active < last ? `${id}-${active}` : undefined}
      onScroll={(event) =>
        setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })
      }
      onKeyDown={onKeyDown}
    >
      {header}
      <div class="list-rows" role="presentation" style={{ height: `${count * rowHeight}px` }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((at) => (
          <div
            key={at}
            id={`${id}-${at}`}
            role={ROWS[role]}
            aria-selected={at === current}
            class={`list-row${at === active ? " active" : ""}`}
            style={{ top: `${at * rowHeight}px`, height: `${rowHeight}px` }}
            onClick={() => {
              setActive(at);
              onOpen(at);
            }}
          >
            {row(at)}
          </div>
        ))}
      </div>
    </div>
  );
}
