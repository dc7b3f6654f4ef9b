import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { Replay } from "./transcripts.js";

const folder = new URL("../../protocol/golden/transcripts/", import.meta.url);

const names = existsSync(folder) ? readdirSync(folder) : [];

for (const name of names.filter((file) => file.endsWith(".json"))) {
  const transcript = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  test(`${name}: ${transcript.title}`, () => {
    const replay = new Replay(transcript);
    for (const step of transcript.steps) replay.step(step);
  });
}
