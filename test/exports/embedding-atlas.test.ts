import test from "ava";
import { DuckDBInstance } from "@duckdb/node-api";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { catalogToFlatParquet } from "../../src/exports/index.js";
import type { CatalogRow } from "../../src/catalog/index.js";
import { streamParquetRows } from "../../src/files/index.js";
import { startBrowser } from "../support/browser.js";
import { inFolder } from "../support/folder.js";

const VIEWERS = path.resolve("test/viewers");
const CATALOG = "families/wordnet/catalog.parquet";

interface Bundler {
  build(options: Record<string, unknown>): Promise<{ outputFiles: { contents: Uint8Array }[] }>;
}

async function bundlePage(): Promise<Uint8Array> {
  const entry = path.join(VIEWERS, "node_modules/esbuild/lib/main.js");
  const bundler = ((await import(pathToFileURL(entry).href)) as { default: Bundler }).default;
  const { outputFiles } = await bundler.build({
    entryPoints: [path.join(VIEWERS, "page.js")],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "silent",
    loader: { ".wasm": "dataurl" },
  });
  return outputFiles[0].contents;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

test("embedding-atlas opens the flat Parquet as it is, in a real browser", async (t) => {
  const installed = existsSync(path.join(VIEWERS, "node_modules/embedding-atlas"));
  const browser = installed ? await startBrowser() : undefined;
  if (browser === undefined) {
    t.log(`skipped: ${installed ? "no browser" : "no viewer"} here (npm --prefix test/viewers ci)`);
    t.pass();
    return;
  }
  const rows: CatalogRow[] = [];
  for await (const row of streamParquetRows(CATALOG)) rows.push(row as unknown as CatalogRow);
  const page = await bundlePage();
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  const failures: string[] = [];
  const answer = async (sql: string): Promise<string> => {
    const reader = await connection.runAndReadAll(sql);
    return JSON.stringify(reader.getColumnsObjectJS(), (_key, value: unknown) =>
      typeof value === "bigint" ? Number(value) : value,
    );
  };
  const server = createServer((request, response) => {
    if (request.url === "/query") {
      void readBody(request)
        .then(answer)
        .catch((error: unknown) => {
          failures.push(String(error));
          return JSON.stringify({ error: "refused" });
        })
        .then((text) => response.end(text));
    } else if (request.url === "/page.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(page);
    } else {
      response
        .writeHead(200, { "content-type": "text/html" })
        .end(
          '<!doctype html><meta charset="utf-8"><div id="atlas" style="width:1300px;height:800px"></div><script type="module" src="/page.js"></script>',
        );
    }
  });
  try {
    await inFolder(async (folder) => {
      const file = path.join(folder, "latents.parquet");
      await writeFile(file, catalogToFlatParquet(rows));
      await connection.run(`create table latents as select * from '${file}'`);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const tab = await browser.newPage({ viewport: { width: 1320, height: 820 } });
      tab.setDefaultTimeout(0);
      tab.on("pageerror", (error) => failures.push(String(error)));
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const placed = rows.filter(({ x, y }) => x !== null && y !== null);
      const count = placed.length.toLocaleString("en-US");
      await tab.getByText(`${count} / ${count} points`).first().waitFor();
      // Its table and its charts show our columns.
      await tab.getByText(placed[0].label, { exact: true }).first().waitFor();
      for (const column of ["label", "score", "density"]) {
        t.true((await tab.getByText(column, { exact: true }).count()) > 0, column);
      }
      t.deepEqual(failures, []);
    });
  } finally {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
    connection.closeSync();
    database.closeSync();
  }
});
