import { crc32 } from "node:zlib";

const METRES_PER_INCH = 0.0254;

/** The PNG with its resolution declared, so that it is placed in its size; the chunk stands after the header. */
export function withResolution(png: Uint8Array, dpi: number): Uint8Array {
  const headerEnd = 8 + 12 + 13;
  const chunk = Buffer.alloc(4 + 4 + 9 + 4);
  chunk.writeUInt32BE(9, 0);
  chunk.write("pHYs", 4, "latin1");
  const perMetre = Math.round(dpi / METRES_PER_INCH);
  chunk.writeUInt32BE(perMetre, 8);
  chunk.writeUInt32BE(perMetre, 12);
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return Buffer.concat([png.subarray(0, headerEnd), chunk, png.subarray(headerEnd)]);
}

/** The PDF with the dates of its making set to a fixed one of the same length, so that every byte keeps its place. */
export function stablePdf(pdf: Uint8Array): Uint8Array {
  const text = Buffer.from(pdf).toString("latin1");
  const stable = text.replace(/\/(Creation|Mod)Date \(D:\d{14}/g, "/$1Date (D:20000101000000");
  return Buffer.from(stable, "latin1");
}
