import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { test } from "node:test";

/** Pages that open without a connection, and what every page loads. */
const TEMPLATES = ["base.html", "board/home.html", "board/section.html"];
const worker = readFileSync("static/js/sw.js", "utf8");
const kept = new Set([...worker.matchAll(/"(\/static\/[^"]+)"/g)].map(([, path]) => path));

/** @param {string} file @param {Set<string>} seen */
function withImports(file, seen) {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (file.includes("/vendor/")) return seen;
  const code = readFileSync(`.${file}`, "utf8").replace(/\/\*\*?[^]*?\*\//g, "");
  const found = [...code.matchAll(/(?:from|import|import\(|new URL\()\s*"(\.[^"]+\.js)"/g)];
  for (const [, path] of found) withImports(join(dirname(file), path), seen);
  return seen;
}

test("what the pages kept for a lost connection load is kept with them", () => {
  const pages = TEMPLATES.map((name) => readFileSync(`templates/${name}`, "utf8")).join("");
  const named = [...pages.matchAll(/filename='([^']+\.(?:js|css))'/g)].map(
    ([, path]) => `/static/${path}`,
  );
  const needed = new Set();
  for (const file of named)
    if (file.endsWith(".js")) withImports(file, needed);
    else needed.add(file);
  const without = ["/static/css/print.css", "/static/vendor/htmx.min.js"]; // not needed to look at them
  const missing = [...needed].filter((file) => !kept.has(file) && !without.includes(file));
  assert.deepEqual(missing, []);
});
