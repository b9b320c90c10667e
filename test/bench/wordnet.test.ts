import test from "ava";
import {
  ancestorIds,
  nameSynsets,
  parseSynsets,
  selectSynsets,
  subtreeIds,
} from "../../bench/wordnet.js";
import { FormatError } from "../../src/core/index.js";

// entity > animal > dog > {corgi, Rex (an instance)}; dog also below pet; fork (food) shares dog's first word
const NOUNS = [
  "  1 This software and database is being provided to you, the LICENSEE, by  ",
  "00000001 03 n 01 entity 0 002 ~ 00000002 n 0000 ~ 00000003 n 0000 | that which exists  ",
  "00000002 05 n 02 animal 0 animate_being 0 001 @ 00000001 n 0000 | a living organism  ",
  "00000003 05 n 01 pet 0 001 @ 00000001 n 0000 | a tame animal  ",
  '00000004 05 n 02 dog 0 domestic_dog 0 003 @ 00000002 n 0000 @ 00000003 n 0000 + 00000009 v 0101 | a canine; barks; "the dog barked"; "dogs | cats"  ',
  "00000005 05 n 01 corgi 0 001 @ 00000004 n 0000 | a short dog  ",
  '00000006 18 n 01 Rex 0 001 @i 00000004 n 0000 | a dog called: "Rex"  ',
  "00000007 13 n 01 dog 0 001 @ 00000001 n 0000 | a sausage  ",
  "",
].join("\n");

const synsets = parseSynsets(NOUNS, "data.noun", "n");

test("parseSynsets reads words, lexical file, hypernyms of both kinds and the bare definition", (t) => {
  t.is(synsets.length, 7);
  t.deepEqual(synsets[3], {
    id: "n00000004",
    lexicalFile: "animal",
    words: ["dog", "domestic dog"],
    parents: ["n00000002", "n00000003"],
    definition: "a canine; barks",
  });
  t.deepEqual(synsets[5].parents, ["n00000004"]);
  t.is(synsets[5].definition, "a dog called");
});

test("parseSynsets names the file and line of a line that does not fit", (t) => {
  const broken = NOUNS.replace("n 01 corgi 0 001", "n 01 corgi 0 002");
  const error = t.throws(() => parseSynsets(broken, "data.noun", "n"), { instanceOf: FormatError });
  t.regex(error.message, /^data\.noun: line 6: expected a noun synset, got "00000005 05/);
});

test("parseSynsets refuses a hypernym that is not there", (t) => {
  const broken = NOUNS.replace("@ 00000004 n 0000 | a short", "@ 00000044 n 0000 | a short");
  t.throws(() => parseSynsets(broken, "x", "n"), {
    message: /n00000005 has the hypernym n00000044/,
  });
});

test("subtreeIds holds the root and everything below it once", (t) => {
  t.deepEqual([...subtreeIds(synsets, "n00000004")].sort(), [
    "n00000004",
    "n00000005",
    "n00000006",
  ]);
  t.is(subtreeIds(synsets, "n00000001").size, 7);
  t.is(subtreeIds(synsets, "nothing").size, 0);
});

test("selectSynsets joins lexical files and subtrees and leaves others out", (t) => {
  const ids = (selection: Partial<Parameters<typeof selectSynsets>[1]>): string[] =>
    selectSynsets(synsets, { lexicalFiles: [], subtrees: [], without: [], ...selection }).map(
      ({ id }) => id.slice(-1),
    );
  t.deepEqual(ids({ lexicalFiles: ["food"], subtrees: ["n00000004"] }), ["4", "5", "6", "7"]);
  t.deepEqual(ids({ lexicalFiles: ["animal"], without: ["n00000004"] }), ["2", "3"]);
  t.throws(() => ids({ lexicalFiles: ["animals"] }), { message: /"animals"/ });
  t.throws(() => ids({ without: ["n1"] }), { message: /no synset is called n1/ });
});

test("ancestorIds follows every parent up to the root", (t) => {
  const corgi = synsets.filter(({ words }) => words[0] === "corgi");
  t.deepEqual([...ancestorIds(synsets, corgi)].sort(), [
    "n00000001",
    "n00000002",
    "n00000003",
    "n00000004",
  ]);
});

test("nameSynsets adds the lexical file only where the first word is shared", (t) => {
  const names = nameSynsets(synsets);
  t.is(names.get("n00000002"), "animal");
  t.is(names.get("n00000004"), "dog (animal)");
  t.is(names.get("n00000007"), "dog (food)");
  t.is(new Set(names.values()).size, 7);
});
