import { httpSource } from "./http-source.js";
import { inlinedSource } from "./inlined-source.js";
import type { Source } from "./source.js";

const KEY = "feature-families-token";

/** The source that this page was written for. Takes the server's token out of the address. */
export function openSource(): Source {
  const kind = document.querySelector<HTMLMetaElement>("meta[name=explorer-source]")?.content;
  if (kind === "inlined") return inlinedSource();
  return httpSource(kind === "server" ? takeToken() : undefined);
}

function takeToken(): string {
  const hash = new URLSearchParams(location.hash.slice(1));
  const given = hash.get("token");
  if (given === null) return sessionStorage.getItem(KEY) ?? "";
  hash.delete("token");
  const rest = hash.toString();
  history.replaceState(history.state, "", rest === "" ? location.pathname : `#${rest}`);
  try {
    sessionStorage.setItem(KEY, given);
  } catch {
    // A frame without storage keeps the token until it is loaded again.
  }
  return given;
}
