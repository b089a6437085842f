import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { schemaText } from "../scripts/schema-text.mjs";

test("the committed types are those of openapi.json", async () => {
  const committed = readFileSync(new URL("../src/api/schema.ts", import.meta.url), "utf8");
  expect(committed === (await schemaText()), "run `npm run generate`").toBe(true);
});
