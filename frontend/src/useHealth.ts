import { useEffect, useState } from "react";
import { type Health, readHealth } from "./api/gateway";

const INTERVAL_READY_MS = 10_000;
const INTERVAL_WAITING_MS = 1_000;

/** The server's state, asked again and again; undefined before the first answer. */
export function useHealth(): Health | null | undefined {
  const [health, setHealth] = useState<Health | null>();
  useEffect(() => {
    let timer: number | undefined;
    let active = true;
    const ask = async () => {
      const answer = await readHealth().catch(() => null);
      if (!active) {
        return;
      }
      setHealth(answer);
      const ready = answer?.worker.state === "ready";
      timer = window.setTimeout(ask, ready ? INTERVAL_READY_MS : INTERVAL_WAITING_MS);
    };
    void ask();
    return () => {
      active = false;
      window.clearTimeout(timer);
    };
  }, []);
  return health;
}
