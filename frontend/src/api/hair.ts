// The gateway's interface to hair.

import { type Job, readBytes, readJson, send, sendJson } from "./gateway";
import type { components } from "./schema";

export type Hairstyle = components["schemas"]["HairstyleResource"];
/** What avatar.json says of the hair. */
export type HairRecord = components["schemas"]["HairRecord"];
export type ChosenHair = components["schemas"]["ChosenHair"];

/** The styles of the database. */
export async function readHairstyles(): Promise<readonly Hairstyle[]> {
  const list: components["schemas"]["HairstyleList"] = await readJson(
    await send("/api/v1/hairstyles"),
  );
  return list.styles;
}

/**
 * Of a style on an avatar's head, unedited and in the avatar's colour (docs/strand-format.md);
 * `path` is that of the avatar's hair. null: those of its file, which are there already.
 */
export async function readStrands(
  path: string,
  style: string | null,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  const query = style === null ? "" : `?style=${encodeURIComponent(style)}`;
  return readBytes(`${path}${query}`, signal);
}

/** The same avatar with other hair: a job of its own. */
export async function changeHair(jobId: string, chosen: ChosenHair): Promise<Job> {
  return sendJson<Job>(`/api/v1/avatars/${jobId}/hair`, chosen);
}
