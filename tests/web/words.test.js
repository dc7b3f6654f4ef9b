import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";

import { words as danish } from "../../chat/web/static/words/da.js";
import { words as english } from "../../chat/web/static/words/en.js";

const STATIC = new URL("../../chat/web/static/", import.meta.url);

/** All keys that the page's code names, `count` ones with both endings; `${…}` stands for anything. */
function used() {
  const keys = [];
  for (const folder of ["", "core/", "parts/", "views/"]) {
    for (const name of readdirSync(new URL(folder, STATIC)).filter((file) =>
      file.endsWith(".js"),
    )) {
      const code = readFileSync(new URL(folder + name, STATIC), "utf8");
      for (const [, quote, key] of code.matchAll(
        /(["'`])((?:[a-z_]+|\$\{[^}]*\})(?:\.(?:[a-z_]+|\$\{[^}]*\}))*)\1/g,
      )) {
        if (quote === "`" || key in danish || `${key}.one` in danish) keys.push(key);
      }
    }
  }
  return keys.map(
    (key) =>
      new RegExp(`^${key.replace(/\./g, "\\.").replace(/\$\{[^}]*\}/g, ".+")}(\\.one|\\.other)?$`),
  );
}

const placeholders = (text) => [...text.matchAll(/{(\w+)}/g)].map(([, name]) => name).sort();

describe("Danish and English", () => {
  test("have the same keys in the same order", () => {
    assert.deepEqual(Object.keys(english), Object.keys(danish));
  });

  test("fill in the same values", () => {
    for (const key of Object.keys(danish)) {
      assert.deepEqual(placeholders(english[key]), placeholders(danish[key]), key);
    }
  });

  test("say something everywhere", () => {
    for (const text of [...Object.values(danish), ...Object.values(english)])
      assert.ok(text.trim());
  });

  test("have no words that nothing on the page says", () => {
    const patterns = used();
    const unused = Object.keys(danish).filter(
      (key) => !patterns.some((pattern) => pattern.test(key)),
    );
    assert.deepEqual(unused, []);
  });

  test("have every word that the page asks for", () => {
    for (const folder of ["", "core/", "parts/", "views/"]) {
      for (const name of readdirSync(new URL(folder, STATIC)).filter((file) =>
        file.endsWith(".js"),
      )) {
        const code = readFileSync(new URL(folder + name, STATIC), "utf8");
        for (const [, key] of code.matchAll(/\bt\("([^"]+)"/g)) {
          assert.ok(key in danish || `${key}.one` in danish, `${name} says ${key}`);
        }
      }
    }
  });
});
