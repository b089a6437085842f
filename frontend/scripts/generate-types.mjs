// Writes what the page takes from Python: openapi.json and src/api/schema.ts from the gateway's
// interface, src/scene/materials.ts and hairColours.ts from the renderer's tables.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { schemaText } from "./schema-text.mjs";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const python = process.env.PYTHON ?? `${repository}/.venv/bin/python`;
const printedBy = (module) => execFileSync(python, ["-m", module], { cwd: repository });
writeFileSync(new URL("../openapi.json", import.meta.url), printedBy("gateway.openapi"));
writeFileSync(new URL("../src/api/schema.ts", import.meta.url), await schemaText());
writeFileSync(
  new URL("../src/scene/materials.ts", import.meta.url),
  printedBy("gateway.page_materials"),
);
writeFileSync(
  new URL("../src/scene/hairColours.ts", import.meta.url),
  printedBy("gateway.page_hair_colours"),
);
