// The gateway's HTTP interface, typed by its OpenAPI document.

import type { components } from "./schema";

export type Job = components["schemas"]["JobResource"];
export type JobEvent = components["schemas"]["EventResource"];
export type Health = components["schemas"]["HealthResource"];
/** avatar.json. */
export type AvatarParameters = components["schemas"]["Manifest"];
/** Texels along an edge of the maps. */
export type TextureSize = NonNullable<
  components["schemas"]["Body_create_avatar_api_v1_avatars_post"]["texture_size"]
>;
export type ChosenExpression = components["schemas"]["ChosenExpression"];
export type PhotoCamera = components["schemas"]["Camera"];
export type Problem = components["schemas"]["ProblemResource"];

/** The face of archives that say nothing of one. */
const NEUTRAL_FACE: ChosenExpression = {
  emotions: {},
  contempt_side: "left",
  expression: {},
  gaze_deg: null,
  neck_deg: null,
};
const NOT_REACHED = "Cameo's server does not answer. Is it still running?";

/** A refusal, in the server's own sentence, or the sentence that there is no server. */
export class RequestRefused extends Error {
  readonly code: string;
  readonly status: number;

  constructor(sentence: string, code: string, status: number) {
    super(sentence);
    this.code = code;
    this.status = status;
  }
}

export async function createAvatar(photo: Blob, textureSize: TextureSize): Promise<Job> {
  const form = new FormData();
  form.append("photo", photo, "photo");
  form.append("texture_size", textureSize);
  return readJson<Job>(await send("/api/v1/avatars", { method: "POST", body: form }));
}

/** The same avatar with another face: a job of its own. */
export async function changeExpression(jobId: string, chosen: ChosenExpression): Promise<Job> {
  return sendJson<Job>(`/api/v1/avatars/${jobId}/expressions`, chosen);
}

export async function readJob(jobId: string): Promise<Job> {
  return readJson<Job>(await send(`/api/v1/jobs/${jobId}`));
}

export async function deleteJob(jobId: string): Promise<void> {
  await send(`/api/v1/jobs/${jobId}`, { method: "DELETE" });
}

export async function readHealth(): Promise<Health> {
  return readJson<Health>(await send("/api/v1/health"));
}

/** avatar.json of a finished job. Refuses a version that this page does not know. */
export async function readParameters(path: string): Promise<AvatarParameters> {
  const parameters = await readJson<AvatarParameters>(await send(path));
  if (parameters.format_version !== 1) {
    throw new RequestRefused("This avatar is of another version than the page.", "version", 0);
  }
  return { ...parameters, chosen: { ...NEUTRAL_FACE, ...parameters.chosen } };
}

/** Any file the server offers, e.g. of `job.links`. */
export async function readBytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await send(path, signal === undefined ? {} : { signal })).arrayBuffer();
}

export async function sendJson<T>(path: string, body: unknown): Promise<T> {
  return readJson<T>(
    await send(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

export async function send(path: string, request: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (request.signal?.aborted === true) {
      throw error;
    }
    throw new RequestRefused(NOT_REACHED, "not_reached", 0);
  }
  if (!response.ok) {
    throw await refusal(response);
  }
  return response;
}

async function refusal(response: Response): Promise<RequestRefused> {
  const type = response.headers.get("Content-Type") ?? "";
  if (type.startsWith("application/problem+json")) {
    const problem = (await response.json()) as Problem;
    return new RequestRefused(problem.detail, problem.code, problem.status);
  }
  const sentence = `The server answered ${response.status} ${response.statusText}.`;
  return new RequestRefused(sentence, "unexpected", response.status);
}

export async function readJson<T>(response: Response): Promise<T> {
  return (await response.json()) as T;
}
