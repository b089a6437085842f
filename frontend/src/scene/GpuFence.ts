/** Tells when the graphics card has done what it was told, without waiting for it. */
export class GpuFence {
  readonly #context: WebGL2RenderingContext;
  #sync: WebGLSync | null = null;
  #markedAt = 0;
  #tookMs = 0;

  constructor(context: WebGL2RenderingContext) {
    this.#context = context;
  }

  /** What has been asked for until now is to be done. */
  mark(): void {
    this.#drop();
    this.#sync = this.#context.fenceSync(this.#context.SYNC_GPU_COMMANDS_COMPLETE, 0);
    this.#context.flush();
    this.#markedAt = performance.now();
  }

  /** Whether it is done; a lost context has nothing left to do. */
  get done(): boolean {
    if (this.#sync === null) {
      return true;
    }
    const status: unknown = this.#context.getSyncParameter(this.#sync, this.#context.SYNC_STATUS);
    if (status === this.#context.UNSIGNALED) {
      return false;
    }
    this.#tookMs = performance.now() - this.#markedAt;
    this.#drop();
    return true;
  }

  /** How long the last task took that was found to be done, milliseconds. */
  get tookMs(): number {
    return this.#tookMs;
  }

  dispose(): void {
    this.#drop();
  }

  #drop(): void {
    this.#context.deleteSync(this.#sync);
    this.#sync = null;
  }
}
