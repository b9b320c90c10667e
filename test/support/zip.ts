import { crc32, deflateRawSync } from "node:zlib";

/** One file of an archive to make; the fields lie where they are given, whatever the content is. */
export interface ZipPart {
  name: string;
  content: Uint8Array;
  deflate?: boolean;
  size?: number;
  compressedSize?: number;
  offset?: number;
  flags?: number;
}

/** A small zip archive, well formed unless the parts lie. */
export function makeZip(parts: readonly ZipPart[], { count = parts.length } = {}): Uint8Array {
  const chunks: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    const body = part.deflate ? deflateRawSync(part.content) : part.content;
    const name = Buffer.from(part.name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(part.flags ?? 0, 2);
    fields.writeUInt16LE(part.deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(part.content), 10);
    fields.writeUInt32LE(part.compressedSize ?? body.length, 14);
    fields.writeUInt32LE(part.size ?? part.content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    chunks.push(Buffer.from("PK\x03\x04"), fields, name, body);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(part.offset ?? at, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), fields, tail, name);
    at += 30 + name.length + body.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...chunks, list, end]);
}
