// What a screenshot shows, measured in the browser, which can decode it.

import type { Page } from "playwright-core";

const SAMPLE_WIDTH = 160;
const SETTLED_MS = 900;
/** Software rendering on a busy machine takes its time. */
const PATIENCE_MS = 120_000;

export class Picture {
  readonly colours: number;
  /** Of the pixels, redder than green than blue, and neither dark nor white. */
  readonly skinShare: number;
  readonly #rgba: readonly number[];

  constructor(rgba: readonly number[]) {
    this.#rgba = rgba;
    const colours = new Set<number>();
    let skin = 0;
    for (let i = 0; i < rgba.length; i += 4) {
      const [r = 0, g = 0, b = 0] = rgba.slice(i, i + 3);
      colours.add((r << 16) | (g << 8) | b);
      if (r > 60 && r > g + 8 && g > b + 3) {
        skin += 1;
      }
    }
    this.colours = colours.size;
    this.skinShare = (4 * skin) / rgba.length;
  }

  /** Mean absolute difference, of 1. */
  differenceFrom(other: Picture): number {
    const sum = this.#rgba.reduce(
      (total, value, index) => total + Math.abs(value - (other.#rgba[index] ?? 0)),
      0,
    );
    return sum / (255 * this.#rgba.length);
  }
}

/** The element as it stands when what moves has come to rest; a canvas, when it is drawn finely. */
export async function look(page: Page, selector: string): Promise<Picture> {
  await page.waitForTimeout(SETTLED_MS);
  await page
    .locator(`${selector}[data-picture=fine]`)
    .waitFor({ state: "attached", timeout: PATIENCE_MS });
  const png = await page.locator(selector).screenshot({ timeout: PATIENCE_MS });
  const rgba = await page.evaluate(
    async ([base64, width]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${base64}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = width;
      canvas.height = Math.round((width * image.height) / image.width);
      const context = canvas.getContext("2d");
      context?.drawImage(image, 0, 0, canvas.width, canvas.height);
      return [...(context?.getImageData(0, 0, canvas.width, canvas.height).data ?? [])];
    },
    [png.toString("base64"), SAMPLE_WIDTH] as const,
  );
  return new Picture(rgba);
}
