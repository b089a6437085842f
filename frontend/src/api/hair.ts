// The gateway's interface to hair.

import type { Job } from "./gateway";
import { readBytes, readJson, send, sendJson } from "./gateway";

/** Factors on hair, as in avatar.json. */
export interface ChosenEdit {
  length: number;
  curl: number;
  thickness: number;
  density: number;
}

export interface HairRecord {
  source: "photo" | "library";
  style: string;
  edit: ChosenEdit;
}

export interface ChosenHair {
  style: string | null;
  color: string | null;
  edit: ChosenEdit | null;
}

export interface Hairstyle {
  name: string;
  title: string;
  length: string;
  texture: string;
  thumbnail: string;
}

export async function readHairstyles(): Promise<readonly Hairstyle[]> {
  return (await readJson<{ styles: Hairstyle[] }>(await send("/api/v1/hairstyles"))).styles;
}

/** Of a style on the head of an avatar, unedited and in its own colour (docs/strand-format.md). */
export async function readStrands(jobId: string, style: string): Promise<ArrayBuffer> {
  return readBytes(`/api/v1/avatars/${jobId}/hair.strands?style=${encodeURIComponent(style)}`);
}

/** The same avatar with other hair: a job of its own. */
export async function changeHair(jobId: string, chosen: ChosenHair): Promise<Job> {
  return sendJson<Job>(`/api/v1/avatars/${jobId}/hair`, chosen);
}
