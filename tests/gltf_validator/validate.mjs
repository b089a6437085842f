// Validates the files named and prints one report per line as JSON.
// Exits with 1 if any file has an error or a warning.
import { readFile } from "node:fs/promises";
import process from "node:process";
import validator from "gltf-validator";

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error("usage: node validate.mjs FILE.glb...");
  process.exit(64);
}
let clean = true;
for (const path of paths) {
  const report = await validator.validateBytes(new Uint8Array(await readFile(path)), {
    uri: path,
    maxIssues: 0,
    writeTimestamp: false,
  });
  const { numErrors, numWarnings } = report.issues;
  clean &&= numErrors === 0 && numWarnings === 0;
  console.log(JSON.stringify(report));
}
process.exit(clean ? 0 : 1);
