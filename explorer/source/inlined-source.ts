import { type DataFile, OTHER } from "../../src/explorer/format.js";
import type { Source } from "./source.js";

/** Files in the page itself, as compressed text in templates: each is decoded when it is first needed. */
export function inlinedSource(): Source {
  return { ...filesIn(""), other: filesIn(`${OTHER}/`) };
}

function filesIn(folder: string): Source {
  const files = new Map<DataFile, Promise<ArrayBuffer>>();
  const whole = (file: DataFile): Promise<ArrayBuffer> => {
    const known = files.get(file) ?? decode(folder + file);
    files.set(file, known);
    return known;
  };
  return {
    kind: "inlined",
    whole,
    part: async (file, start, end) => (await whole(file)).slice(start, end),
  };
}

function decode(file: string): Promise<ArrayBuffer> {
  const chunks = [...document.querySelectorAll<HTMLTemplateElement>("template[data-file]")]
    .filter((template) => template.dataset.file === file)
    .map((template) => {
      const text = atob(template.content.textContent ?? "");
      return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    });
  const stream = new Blob(chunks).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
