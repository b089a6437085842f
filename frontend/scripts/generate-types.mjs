// Writes openapi.json (from the gateway's code) and src/api/schema.ts (from openapi.json).
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { schemaText } from "./schema-text.mjs";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const python = process.env.PYTHON ?? `${repository}/.venv/bin/python`;
const document = execFileSync(python, ["-m", "gateway.openapi"], { cwd: repository });
writeFileSync(new URL("../openapi.json", import.meta.url), document);
writeFileSync(new URL("../src/api/schema.ts", import.meta.url), await schemaText());
