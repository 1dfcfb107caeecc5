// Copies the third-party files that pages load from node_modules/ to static/vendor/
// (not committed), draws the icons into one sprite and writes down the licences.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const target = join(root, "static", "vendor");

const FILES = {
  "tokens.css": "@digital-go-jp/design-tokens/dist/tokens.css",
  "htmx.min.js": "htmx.org/dist/htmx.min.js",
  "socket.io.esm.min.js": "socket.io-client/dist/socket.io.esm.min.js",
  "idb.js": "idb/build/index.js",
};

// For `tsc --checkJs` only: what a module imported from static/vendor/ looks like.
const TYPES = {
  "htmx.min.d.ts": 'declare const htmx: typeof import("htmx.org").default;\n',
  "socket.io.esm.min.d.ts": 'export * from "socket.io-client";\n',
  "idb.d.ts": 'export * from "idb";\n',
};

// Everything above, and what socket.io-client carries inside its one file.
const PACKAGES = [
  "@digital-go-jp/design-tokens",
  "htmx.org",
  "idb",
  "lucide-static",
  "socket.io-client",
  "engine.io-client",
  "engine.io-parser",
  "socket.io-parser",
  "@socket.io/component-emitter",
];

// An id in the sprite is Lucide's name: <use href="…/icons.svg#calendar-days">
const ICONS = `
  alarm-clock arrow-left arrow-right arrow-right-left bell book-open briefcase building-2 calendar
  calendar-days check chevron-down chevron-left chevron-right chevron-up circle circle-alert
  circle-check circle-help clipboard-list clock coffee copy download ellipsis external-link eye
  eye-off file-check file-text filter headset history house info key-round languages laptop
  layout-grid link list list-checks loader lock log-in log-out map-pin menu message-square monitor
  network pencil phone phone-forwarded phone-off plus printer qr-code refresh-cw save search
  send settings shield smartphone square star sun table trash-2 triangle-alert undo-2 upload user
  user-check users wifi wifi-off x
`
  .trim()
  .split(/\s+/);

function read(path) {
  return readFileSync(join(modules, path), "utf8");
}

function symbol(name) {
  const [, attributes, shapes] = read(`lucide-static/icons/${name}.svg`).match(
    /<svg([^>]*)>(.*)<\/svg>/s,
  );
  const kept = attributes
    .replace(/\s(class|xmlns|width|height)="[^"]*"/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return `<symbol id="${name}" ${kept}>${shapes.replace(/\n\s*/g, "")}</symbol>`;
}

function licence(name) {
  const { version, license, homepage } = JSON.parse(read(`${name}/package.json`));
  return { name, version, licence: license, homepage, text: read(`${name}/LICENSE`) };
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [name, source] of Object.entries(FILES)) {
  cpSync(join(modules, source), join(target, name));
}
for (const [name, text] of Object.entries(TYPES)) {
  writeFileSync(join(target, name), text);
}
const bare = (text) => text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, "\n"); // the maps stay behind
const client = join(target, "socket.io.esm.min.js");
writeFileSync(client, bare(readFileSync(client, "utf8")));
const sprite = ICONS.map(symbol).join("\n");
writeFileSync(
  join(target, "icons.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg">\n${sprite}\n</svg>\n`,
);
// Last: make takes this file as the sign that all of them are there.
const licences = PACKAGES.map(licence);
writeFileSync(join(target, "licences.json"), JSON.stringify(licences, null, 2) + "\n");
