// Check that every JavaScript module parses, and that the modules it imports by a relative path
// exist. Run from the repository's root:
//   node --experimental-vm-modules --no-warnings tools/check_javascript.mjs
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { SourceTextModule } from "node:vm";

const FOLDERS = ["chat", "protocol", "loadtests", "tests", "tools"];

// The server shows this folder of the wire among the web client's (chat/web/http.py).
const SHOWN_AT = resolve("chat/web/static/protocol");
const KEPT_AT = resolve("protocol/clients/javascript");

function* modules(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* modules(path);
    else if (/\.m?js$/.test(entry.name)) yield path;
  }
}

// Parsing in this process is quick but does not tell the line; node's own check does.
function whereItBreaks(path, source) {
  const check = [process.execPath, ["--input-type=module", "--check", "-"]];
  const { stderr } = spawnSync(...check, { input: source, encoding: "utf8" });
  return stderr.split("\n    at ")[0].replace("[stdin]", path);
}

function* faults(path) {
  const source = readFileSync(path, "utf8");
  let module;
  try {
    module = new SourceTextModule(source, { identifier: path });
  } catch {
    yield whereItBreaks(path, source);
    return;
  }
  for (const target of module.dependencySpecifiers) {
    const imported = resolve(dirname(path), target).replace(SHOWN_AT, KEPT_AT);
    if (target.startsWith(".") && !existsSync(imported)) {
      yield `${path}: imports ${target}, which does not exist`;
    }
  }
}

for (const folder of FOLDERS) {
  for (const path of modules(folder)) {
    for (const fault of faults(path)) {
      console.error(fault);
      process.exitCode = 1;
    }
  }
}
