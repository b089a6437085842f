import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StrandCache } from "../src/StrandCache";
import { encodeStrands } from "./strands";

const PATH = "/api/v1/avatars/a1/hair.strands";

/** Requests that have not been answered yet, by style. */
let open: Map<string, { answer: () => void; signal: AbortSignal }>;

beforeEach(() => {
  open = new Map();
  vi.stubGlobal(
    "fetch",
    vi.fn((path: string, { signal }: { signal: AbortSignal }) => {
      const style = new URL(path, "http://page").searchParams.get("style") ?? "file";
      return new Promise<Response>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        open.set(style, {
          answer: () => resolve(new Response(encodeStrands({ smooth: [] }))),
          signal,
        });
      });
    }),
  );
});
afterEach(() => vi.unstubAllGlobals());

test("a style that was prefetched is not asked for again", async () => {
  const cache = new StrandCache(PATH, null);
  cache.prefetch("bob");
  open.get("bob")?.answer();
  const strands = await cache.get("bob");
  expect(await cache.get("bob")).toBe(strands);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("what is wanted now ends what was wanted before", async () => {
  const cache = new StrandCache(PATH, null);
  const stale = cache.get("bob");
  const wanted = cache.get("afro");
  expect(open.get("bob")?.signal.aborted).toBe(true);
  await expect(stale).rejects.toThrow();
  open.get("afro")?.answer();
  expect((await wanted).count).toBe(0);
});

test("a pointer that passes over styles does not queue them", () => {
  const cache = new StrandCache(PATH, null);
  cache.prefetch("bob");
  cache.prefetch("afro");
  expect([...open.keys()]).toEqual(["bob"]);
});

test("a request that failed is made again", async () => {
  const cache = new StrandCache(PATH, null);
  const failed = cache.get("bob");
  void cache.get("afro").catch(() => undefined);
  await expect(failed).rejects.toThrow();
  const again = cache.get("bob");
  open.get("bob")?.answer();
  expect((await again).count).toBe(0);
});

test("the style of the avatar's own file is read from there", async () => {
  const cache = new StrandCache(PATH, "photo");
  const strands = cache.get("photo");
  open.get("file")?.answer();
  await strands;
  expect(vi.mocked(fetch).mock.calls[0]?.[0]).toBe(PATH);
});
