import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { Replay } from "./transcripts.js";

const golden = new URL("../../protocol/golden/", import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, golden), "utf8"));
const values = read("values.json");

for (const name of readdirSync(new URL("transcripts/", golden))) {
  const transcript = read(`transcripts/${name}`);
  if (!(transcript.replay ?? ["clients"]).includes("clients")) continue;
  test(`${name}: ${transcript.title}`, () => {
    const replay = new Replay(transcript, values);
    for (const step of transcript.steps) replay.step(step);
  });
}
