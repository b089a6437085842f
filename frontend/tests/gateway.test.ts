import { afterEach, expect, test, vi } from "vitest";
import { createAvatar, readJob } from "../src/api/gateway";
import { jobOf } from "./jobs";

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: unknown, type: string): void {
  const response = new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": type },
  });
  vi.stubGlobal("fetch", vi.fn().mockResolvedValue(response));
}

test("a photo is sent as a form", async () => {
  answer(202, jobOf(), "application/json");
  expect(await createAvatar(new Blob(["x"]), "1024")).toEqual(jobOf());
  const [path, request] = vi.mocked(fetch).mock.calls[0] ?? [];
  expect(path).toBe("/api/v1/avatars");
  const form = request?.body as FormData | undefined;
  expect(form?.get("photo")).toBeInstanceOf(Blob);
  expect(form?.get("texture_size")).toBe("1024");
});

test("a refusal speaks with the server's sentence and code", async () => {
  const problem = { detail: "The file is empty.", code: "invalid_image", status: 422 };
  answer(422, problem, "application/problem+json");
  const refusal = { message: "The file is empty.", code: "invalid_image", status: 422 };
  await expect(createAvatar(new Blob(), "2048")).rejects.toMatchObject(refusal);
});

test("an answer from elsewhere is not taken for the server's", async () => {
  answer(502, "<html>", "text/html");
  await expect(readJob("x")).rejects.toMatchObject({ code: "unexpected", status: 502 });
});

test("a server that does not answer is said to", async () => {
  vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("Failed to fetch")));
  await expect(readJob("x")).rejects.toMatchObject({ code: "not_reached" });
});
