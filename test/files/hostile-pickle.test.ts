import test from "ava";
import { FormatError } from "../../src/core/index.js";
import { type ByteSource, type Tensor, bytesSource, readTorch } from "../../src/files/index.js";
import { int, makePickle, tensor, text, tuple, uint32, uint64 } from "../support/pickle.js";
import { processorTime } from "../support/processor-time.js";
import { makeZip } from "../support/zip.js";

function checkpoint(pickle: Uint8Array, storageBytes = 16): ByteSource {
  const parts = [
    { name: "a/data.pkl", content: pickle },
    { name: "a/data/0", content: Buffer.alloc(storageBytes) },
  ];
  return bytesSource("x.pth", makeZip(parts));
}

const command = text("touch /tmp/should-not-exist");
const payload = tuple(command);
const list = (items: string): string => `](${items}e`;

const hostile: Record<string, [Uint8Array, RegExp]> = {
  "GLOBAL and REDUCE": [makePickle("cos\nsystem\n", payload, "R"), /refused the global os\.system/],
  "GLOBAL alone": [makePickle("csubprocess\nPopen\n"), /refused the global subprocess\.Popen/],
  STACK_GLOBAL: [
    makePickle(text("posix"), text("system"), "\x93", payload, "R"),
    /refused the global posix\.system/,
  ],
  "STACK_GLOBAL of numbers": [makePickle("K\x01K\x02\x93"), /a global whose name is not text/],
  eval: [makePickle("cbuiltins\neval\n", payload, "R"), /builtins\.eval/],
  exec: [makePickle("c__builtin__\nexec\n", payload, "R"), /__builtin__\.exec/],
  getattr: [makePickle("cbuiltins\ngetattr\n", payload, "R"), /builtins\.getattr/],
  "nested load": [makePickle("ctorch.storage\n_load_from_bytes\n"), /_load_from_bytes/],
  "dotted name": [makePickle("ctorch\nstorage._load_from_bytes\n"), /_load_from_bytes/],
  "numpy object": [
    makePickle("cnumpy.core.multiarray\n_reconstruct\n"),
    /numpy\.core\.multiarray\._reconstruct/,
  ],
  "control characters": [makePickle("ca\x1b[31m\nb\r\n"), /refused the global a\?\[31m\.b\?:/],
  "prototype names": [makePickle("c__proto__\nconstructor\n"), /__proto__\.constructor/],
  INST: [makePickle("(", command, "ios\nsystem\n"), /refused the global os\.system/],
  "INST of a known global": [
    makePickle("(icollections\nOrderedDict\n"),
    /refused the pickle opcode INST/,
  ],
  OBJ: [makePickle("(ccollections\nOrderedDict\no"), /refused the pickle opcode OBJ/],
  NEWOBJ: [makePickle("cos\nPathLike\n)\x81"), /os\.PathLike/],
  "NEWOBJ of a string": [
    makePickle(text("os.system"), payload, "\x81"),
    /refused a call of somethi/,
  ],
  NEWOBJ_EX: [makePickle("ccollections\nOrderedDict\n)}\x92"), /opcode NEWOBJ_EX/],
  "REDUCE of a storage type": [makePickle("ctorch\nFloatStorage\n)R"), /call of torch\.FloatStora/],
  "REDUCE without a tuple": [makePickle("ctorch\nSize\nNR"), /refused a call of torch\.Size/],
  "BUILD on a list": [makePickle("]}b"), /refused to set the state/],
  "BUILD on a tensor": [makePickle(tensor(4, 0, [4], [1]), "}b"), /refused to set the state/],
  EXT1: [makePickle("\x82\x01"), /opcode EXT1/],
  EXT2: [makePickle("\x83\x01\x01"), /opcode EXT2/],
  EXT4: [makePickle("\x84\x01\x01\x01\x01"), /opcode EXT4/],
  PERSID: [makePickle("P0\n"), /opcode PERSID/],
  "BINPERSID of a number": [makePickle("K\x01Q"), /persistent id that is not a storage/],
  NEXT_BUFFER: [makePickle("\x97"), /opcode NEXT_BUFFER/],
  READONLY_BUFFER: [makePickle("N\x98"), /opcode READONLY_BUFFER/],
  "protocol 0's opcodes": [makePickle("I1\n"), /opcode 0x49 at byte 2 is not read/],
  "unknown opcode": [makePickle("\xff"), /opcode 0xff at byte 2/],
  "protocol 6": [Buffer.from("\x80\x06N.", "latin1"), /protocol must be from 2 to 5, got 6/],
  "no protocol": [Buffer.from("N."), /no pickle of protocol 2 to 5/],
  empty: [new Uint8Array(0), /pickle is truncated/],
  "no stop": [makePickle("N").subarray(0, 3), /pickle is truncated/],
  "nothing on the stack": [makePickle(), /a value is missing/],
  "pop through a mark": [makePickle("N(0"), /a value is missing/],
  "missing mark": [makePickle("Nt"), /a mark is missing/],
  "missing memo": [makePickle("h\x07"), /memo entry 7 is missing/],
  "append to a dict": [makePickle("}Na"), /not a list/],
  "items for a list": [makePickle("](NNu"), /not a dict/],
  "key without a value": [makePickle("}(Nu"), /key without a value/],
  "text of 4 GB": [makePickle("X", uint32(0xffffffff), "a"), /needs more than the/],
  "text of 2^63 bytes": [makePickle("\x8d", uint64(2n ** 63n)), /needs more than the/],
  "bytes of 2^62": [makePickle("\x8e", uint64(2n ** 62n)), /needs more than the/],
  "negative long": [makePickle("\x8b", uint32(0xffffffff)), /an integer of -1 bytes/],
  "long of a megabyte": [
    makePickle("\x8b", uint32(2 ** 20), Buffer.alloc(2 ** 20, 0xaa)),
    /an integer of 1048576 bytes/,
  ],
  "1.5 million values": [makePickle(Buffer.alloc(1.5e6, "N")), /more values than are read/],
  "1.5 million marks": [makePickle(Buffer.alloc(1.5e6, "(")), /more marks than are read/],
  "1.5 million dicts": [makePickle(Buffer.alloc(1.5e6, "}")), /more than 500000 lists, dicts/],
  "1.5 million memos": [
    Buffer.concat([Buffer.from("\x80\x04N", "latin1"), Buffer.alloc(1.5e6, 0x94)]),
    /more than 1000000 memo entries/,
  ],
  "3 million opcodes": [makePickle(Buffer.alloc(3e6, "N0")), /more than 2000000 opcodes/],
  "sets of one large list, again and again": [
    makePickle(list("N".repeat(10_000)), "q\x010", "c__builtin__\nset\nh\x01\x85R0".repeat(500)),
    /its calls copy more than is read/,
  ],
  "bytes of one large text, again and again": [
    makePickle(text("x".repeat(1e6)), "q\x010", "cbuiltins\nbytes\nh\x01\x85R0".repeat(100)),
    /its calls copy more than is read/,
  ],
  "view beyond its storage": [makePickle(tensor(4, 0, [5], [1])), /leaves its storage of 4 values/],
  "offset beyond its storage": [makePickle(tensor(4, 4, [1], [1])), /leaves its storage/],
  "strides beyond its storage": [makePickle(tensor(4, 0, [2, 2], [3, 1])), /leaves its storage/],
  "negative stride": [makePickle(tensor(4, 3, [4], [-1])), /must be integers from 0 on/],
  "negative size": [makePickle(tensor(4, 0, [-1], [1])), /must be integers from 0 on/],
  "strides for another shape": [makePickle(tensor(4, 0, [2, 2], [1])), /must be integers from 0/],
  "terabytes by strides of 0": [
    makePickle(tensor(4, 0, [2 ** 20, 2 ** 20], [0, 0])),
    /take far more memory than the file/,
  ],
  "a shape past 2^53": [
    makePickle(tensor(4, 0, [2 ** 30, 2 ** 30], [0, 0])),
    /shape \(1073741824, 1073741824\) is too large/,
  ],
  "storage larger than its bytes": [
    makePickle(tensor(2 ** 30, 0, [4], [1])),
    /storage "0" declares 4294967296 bytes, found 16/,
  ],
  "storage that is not there": [
    makePickle(
      tuple(text("storage"), "ctorch\nFloatStorage\n", text("7"), text("cpu"), int(4)),
      "Q",
    ),
    /storage "7" is missing/,
  ],
  "storage of an odd type": [
    makePickle(tuple(text("storage"), "ctorch\nSize\n", text("0"), text("cpu"), int(4)), "Q"),
    /torch\.Size is not a storage type/,
  ],
};

for (const [name, [pickle, message]] of Object.entries(hostile)) {
  test.serial(`hostile pickle: ${name}`, async (t) => {
    const start = processorTime();
    await t.throwsAsync(readTorch(checkpoint(pickle)), { instanceOf: FormatError, message });
    t.true(processorTime() - start < 3000);
  });
}

test("the helper's own tensor is read, so the refusals above have one reason each", async (t) => {
  const value = (await readTorch(checkpoint(makePickle(tensor(4, 1, [3], [1]))))) as Tensor;
  t.deepEqual(value, { shape: [3], dtype: "float32", data: new Float32Array(3) });
});

test("a dict with a key __proto__ is only a dict", async (t) => {
  const value = await readTorch(checkpoint(makePickle("}(", text("__proto__"), "}u")));
  t.deepEqual(value, new Map([["__proto__", new Map()]]));
  t.is(({} as Record<string, unknown>)["polluted"], undefined);
});

test("hostile archives around a good pickle are refused", async (t) => {
  const good = makePickle(tensor(4, 0, [4], [1]));
  const storage = { name: "a/data/0", content: Buffer.alloc(16) };
  const cases: [Uint8Array, RegExp][] = [
    [makeZip([]), /0 files data\.pkl/],
    [
      makeZip([
        { name: "a/data.pkl", content: good },
        { name: "b/data.pkl", content: good },
      ]),
      /2 files data\.pkl/,
    ],
    [makeZip([{ name: "data.pkl", content: good }]), /storage "0" is missing/],
    [
      makeZip([{ name: "data.pkl", content: good, deflate: true }]),
      /compressed, expected it stored/,
    ],
    [
      makeZip([
        { name: "data.pkl", content: good },
        { ...storage, name: "data/0", size: 12, compressedSize: 12 },
      ]),
      /declares 16 bytes, found 12/,
    ],
    [
      makeZip([
        { name: "data.pkl", content: good },
        { ...storage, name: "data/0", offset: 10 },
      ]),
      /has no header at byte 10/,
    ],
    [
      makeZip([
        { name: "data.pkl", content: good },
        { ...storage, name: "byteorder", content: Buffer.from("big") },
      ]),
      /big-endian/,
    ],
  ];
  for (const [bytes, message] of cases) {
    const source = bytesSource("x.pth", bytes);
    await t.throwsAsync(readTorch(source), { instanceOf: FormatError, message });
  }
});
