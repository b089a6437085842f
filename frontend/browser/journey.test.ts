// The whole journey in a real browser, against a real gateway with its real worker.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeStrands, type Point } from "../tests/strands";
import { Gateway, PYTHON } from "./Gateway";
import { look } from "./look";

const CHROMIUM_PLACES = ["chromium", "chromium-browser", "google-chrome"].map(
  (name) => `/usr/bin/${name}`,
);
const CHROMIUM = process.env.CHROMIUM ?? CHROMIUM_PLACES.find((place) => existsSync(place));
const AVATAR_WITHIN_MS = 150_000;
const HEADLESS_OPTIONS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];
const ASTRONAUT = `
import sys
from PIL import Image
from skimage.data import astronaut
Image.fromarray(astronaut()).save(sys.argv[1])
`;
const MANIFEST = `
import sys, zipfile
print(zipfile.ZipFile(sys.argv[1]).read("avatar.json").decode())
`;

/** A style of the test's own, so that it needs no database. */
const MOP = {
  name: "mop",
  title: "Mop",
  length: "short",
  texture: "straight",
  parting: "none",
  fringe: "none",
  volume: "medium",
  categories: [],
  thumbnail: "/cameo.svg",
  strands: "/api/v1/hairstyles/mop/hair.strands",
};

if (CHROMIUM === undefined) {
  console.warn(`Skipped: no browser at ${CHROMIUM_PLACES.join(", ")} (CHROMIUM names another).`);
}

describe.skipIf(CHROMIUM === undefined)("from a portrait to a head", () => {
  const folder = mkdtempSync(join(tmpdir(), "cameo-browser-"));
  const portrait = join(folder, "astronaut.png");
  const foreign: string[] = [];
  const complaints: string[] = [];
  let gateway: Gateway;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const dist = join(folder, "dist");
    await build({ logLevel: "error", build: { outDir: dist } });
    execFileSync(PYTHON, ["-c", ASTRONAUT, portrait]);
    gateway = await Gateway.start(join(folder, "data"), dist);
    browser = await chromium.launch({
      executablePath: CHROMIUM ?? "",
      args: HEADLESS_OPTIONS,
    });
    page = await browser.newPage({
      viewport: { width: 1000, height: 640 },
      reducedMotion: "reduce",
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(gateway.url) && !/^(blob|data):/.test(request.url())) {
        foreign.push(request.url());
      }
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.route("**/api/v1/hairstyles", (route) =>
      route.fulfill({ json: { styles: [MOP], colors: {} } }),
    );
    await page.route("**/hair.strands?style=mop", (route) =>
      route.fulfill({ body: Buffer.from(mop()) }),
    );
    await page.goto(gateway.url);
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a file that is no photo is refused in a sentence", async () => {
    const diary = join(folder, "diary.txt");
    writeFileSync(diary, "Dear diary");
    await page.setInputFiles("input[type=file]", diary);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/not a JPEG, PNG, WebP or HEIC image\.$/);
    complaints.length = 0; // the browser logs the refusal itself
  });

  test("the stages pass, and a head appears", async () => {
    await page.setInputFiles("input[type=file]", portrait);
    await page.getByText("Finding the face").first().waitFor({ timeout: AVATAR_WITHIN_MS });
    await page.waitForSelector("[data-state=shown]", { timeout: AVATAR_WITHIN_MS });
    const picture = await look(page, "canvas");
    expect(picture.skinShare).toBeGreaterThan(0.1);
    expect(picture.colours).toBeGreaterThan(500);
  });

  test("a head at rest is not drawn again and again", async () => {
    await look(page, "canvas");
    const drawn = await page.evaluate(async () => {
      let calls = 0;
      const prototype = WebGL2RenderingContext.prototype;
      const { drawElements, drawArrays } = prototype;
      prototype.drawElements = function (...values) {
        calls += 1;
        drawElements.apply(this, values);
      };
      prototype.drawArrays = function (...values) {
        calls += 1;
        drawArrays.apply(this, values);
      };
      await new Promise((resolve) => setTimeout(resolve, 1000));
      Object.assign(prototype, { drawElements, drawArrays });
      return calls;
    });
    expect(drawn).toBe(0);
  });

  test("a face moves by itself only for those who have not asked for less motion", async () => {
    const idle = page.getByRole("switch", { name: "Blink, glance and breathe" });
    expect(await idle.isChecked()).toBe(false);
  });

  test("a slider moves the face", async () => {
    const before = await look(page, "canvas");
    await page.getByText("Jaw", { exact: true }).click();
    await page.getByLabel("Open", { exact: true }).fill("1");
    const after = await look(page, "canvas");
    expect(after.differenceFrom(before)).toBeGreaterThan(0.002);
  });

  test("an emotion moves the face, and a reset takes it back", async () => {
    await page.getByRole("button", { name: "Reset" }).first().click();
    const before = await look(page, "canvas");
    await page.getByRole("slider", { name: "Happiness" }).fill("1");
    expect((await look(page, "canvas")).differenceFrom(before)).toBeGreaterThan(0.002);
    await page.getByRole("button", { name: "Reset" }).first().click();
    expect((await look(page, "canvas")).differenceFrom(before)).toBeLessThan(0.001);
  });

  test("the overlay shows what the photo showed", async () => {
    const before = await look(page, "canvas");
    await page.getByRole("tab", { name: "Origin" }).click();
    const overlay = page.getByRole("switch", { name: "Show it on the head" });
    await overlay.press("Space");
    const after = await look(page, "canvas");
    expect(after.differenceFrom(before)).toBeGreaterThan(0.02);
    await overlay.press("Space");
    expect((await look(page, "canvas")).differenceFrom(before)).toBeLessThan(0.005);
  });

  test("a style is tried on, coloured and cut without another page", async () => {
    await page.getByRole("tab", { name: "Hair" }).click();
    await page.getByRole("radio", { name: "None" }).press("Space");
    const bald = await look(page, "canvas");
    await page.getByRole("radio", { name: "Mop" }).press("Space");
    await page.getByRole("slider", { name: "Length" }).waitFor();
    const worn = await look(page, "canvas");
    expect(worn.differenceFrom(bald)).toBeGreaterThan(0.01);
    await page.getByRole("radio", { name: "Platinum" }).press("Space");
    const pale = await look(page, "canvas");
    expect(pale.differenceFrom(worn)).toBeGreaterThan(0.005);
    await page.getByRole("slider", { name: "Length" }).fill("0.3");
    expect((await look(page, "canvas")).differenceFrom(pale)).toBeGreaterThan(0.0015);
    await page.getByRole("radio", { name: "None" }).press("Space");
    expect((await look(page, "canvas")).differenceFrom(bald)).toBeLessThan(0.005);
  });

  test("another light changes the picture", async () => {
    const before = await look(page, "canvas");
    await page.getByRole("tab", { name: "Light" }).click();
    await page.getByText("Side", { exact: true }).click();
    expect((await look(page, "canvas")).differenceFrom(before)).toBeGreaterThan(0.02);
    await page.getByText("Studio", { exact: true }).click();
  });

  test("the arrow keys turn the head", async () => {
    const before = await look(page, "canvas");
    await page.locator("canvas").focus();
    for (let press = 0; press < 4; press += 1) {
      await page.keyboard.press("ArrowLeft");
    }
    const after = await look(page, "canvas");
    expect(after.differenceFrom(before)).toBeGreaterThan(0.02);
  });

  test("the head lies over the photo", async () => {
    await page.getByRole("button", { name: "As the photo was taken" }).click();
    await page.locator("img.photo-behind").waitFor();
    expect((await look(page, "canvas")).colours).toBeGreaterThan(500);
    await page.getByRole("button", { name: "From the front" }).click();
  });

  test("the archive can be downloaded", async () => {
    await page.getByRole("tab", { name: "Files" }).click();
    const waiting = page.waitForEvent("download");
    await page.getByRole("link", { name: "Everything" }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toBe("avatar.zip");
    const path = join(folder, "avatar.zip");
    await download.saveAs(path);
    const bytes = readFileSync(path);
    expect(bytes.subarray(0, 2).toString()).toBe("PK");
    expect(bytes.includes("avatar.glb")).toBe(true);
  });

  test("the files can be had with the face and the hair that one sees", async () => {
    await page.getByRole("tab", { name: "Face" }).click();
    await page.getByRole("slider", { name: "Anger" }).fill("0.6");
    await page.getByRole("tab", { name: "Files" }).click();
    const waiting = page.waitForEvent("download", { timeout: AVATAR_WITHIN_MS });
    await page.getByRole("button", { name: "Write and save" }).click();
    const path = join(folder, "angry.zip");
    await (await waiting).saveAs(path);
    const manifest = JSON.parse(execFileSync(PYTHON, ["-c", MANIFEST, path], { encoding: "utf8" }));
    expect(manifest.chosen.emotions).toEqual({ anger: 0.6 });
    expect(manifest.hair).toBeNull(); // as the page shows it: no style is chosen above
  });

  test("a reloaded page shows the same avatar, which the photo has left", async () => {
    await page.reload();
    await page.waitForSelector("[data-state=shown]", { timeout: AVATAR_WITHIN_MS });
    expect(await page.locator("img[alt='Your portrait']").count()).toBe(0);
  });

  test("nothing was asked of another host, and nothing went wrong", () => {
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("a deleted avatar is gone", async () => {
    const address = page.url();
    await page.getByRole("tab", { name: "Files" }).click();
    await page.getByRole("button", { name: "Delete this avatar" }).click();
    await page.getByRole("button", { name: "Choose a photo" }).waitFor();
    await expect.poll(() => gateway.status(address)).toBe(404);
  });
});

/** Strands that stand off the upper half of any head, 5 cm long. */
function mop(): ArrayBuffer {
  const smooth = Array.from({ length: 1500 }, (_, strand): Point[] => {
    const height = ((strand + 0.5) * 0.618033988749895) % 1;
    const [around, level] = [strand * 2.399963, Math.sqrt(1 - height * height)];
    return Array.from({ length: 8 }, (__, point): Point => {
      const radius = 0.085 + 0.007 * point;
      return [
        radius * level * Math.cos(around),
        0.05 + radius * height,
        radius * level * Math.sin(around),
      ];
    });
  });
  return encodeStrands({ smooth, width: smooth.map(() => 255) });
}
