import { readStrands } from "./api/hair";
import { decodeStrands, type StrandFile } from "./scene/StrandFile";

/** Styles whose strands are kept, so that one can go back to them at once. */
const KEPT_STYLES = 10;

interface Entry {
  strands: Promise<StrandFile>;
  /** null once it has arrived. */
  request: AbortController | null;
}

/** Strands of styles on one avatar's head: each is fetched once, the longest unused are let go. */
export class StrandCache {
  readonly #path: string;
  readonly #fileStyle: string | null;
  readonly #entries = new Map<string, Entry>();

  /** `path`: of the avatar's hair; `fileStyle`: the style that its file holds as it grows. */
  constructor(path: string, fileStyle: string | null) {
    this.#path = path;
    this.#fileStyle = fileStyle;
  }

  /** The strands of a style, which is wanted now: nobody waits for others that are on their way. */
  async get(style: string): Promise<StrandFile> {
    this.#cancelBut(style);
    return this.#entry(style).strands;
  }

  /** Fetches a style that may be wanted next, unless another one is on its way. */
  prefetch(style: string): void {
    if ([...this.#entries.values()].every(({ request }) => request === null)) {
      this.#entry(style).strands.catch(() => undefined); // who wants it hears why
    }
  }

  #entry(style: string): Entry {
    const entry = this.#entries.get(style) ?? this.#fetch(style);
    this.#entries.delete(style);
    this.#entries.set(style, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > KEPT_STYLES && oldest !== undefined) {
      this.#entries.delete(oldest);
    }
    return entry;
  }

  #fetch(style: string): Entry {
    const request = new AbortController();
    const entry: Entry = { strands: this.#read(style, request.signal), request };
    entry.strands.then(
      () => {
        entry.request = null;
      },
      () => this.#entries.get(style) === entry && this.#entries.delete(style),
    );
    return entry;
  }

  async #read(style: string, signal: AbortSignal): Promise<StrandFile> {
    const grown = style === this.#fileStyle ? null : style;
    return decodeStrands(await readStrands(this.#path, grown, signal));
  }

  #cancelBut(style: string): void {
    for (const [name, { request }] of [...this.#entries]) {
      if (name !== style && request !== null) {
        this.#entries.delete(name);
        request.abort();
      }
    }
  }
}
