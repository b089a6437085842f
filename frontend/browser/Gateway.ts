import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
export const PYTHON = process.env.PYTHON ?? `${REPOSITORY}/.venv/bin/python`;

/** A gateway process of its own, on a free port. */
export class Gateway {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  static async start(dataFolder: string, page: string): Promise<Gateway> {
    const child = spawn(PYTHON, ["-m", "gateway"], {
      cwd: REPOSITORY,
      env: {
        ...process.env,
        CAMEO_PORT: "0",
        CAMEO_DATA_DIR: dataFolder,
        CAMEO_FRONTEND_DIR: page,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /http:\/\/\S+/.exec(line);
      if (url !== null) {
        child.stdout.resume(); // somebody has to listen for as long as it may speak
        return new Gateway(url[0], child);
      }
    }
    throw new Error("The gateway ended without saying where it is.");
  }

  /** Of the job that a page's address names. */
  async status(pageAddress: string): Promise<number> {
    const jobId = new URL(pageAddress).hash.slice(1);
    return (await fetch(`${this.url}/api/v1/jobs/${jobId}`)).status;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }
}
