import { useCallback, useEffect, useState } from "react";
import { readBytes } from "./api/gateway";
import type { AvatarViewer } from "./scene/AvatarViewer";
import { readProvenanceMap } from "./scene/ProvenanceMap";

export interface Provenance {
  shown: boolean;
  /** How far the overlay replaces the head's colours, 0 to 1. */
  share: number;
  /** Why it cannot be shown. */
  problem: string | null;
  show(shown: boolean): void;
  setShare(share: number): void;
}

const FIRST_SHARE = 0.8;

/** The overlay of what the photo showed; its map is fetched when it is first wanted. */
export function useProvenance(viewer: AvatarViewer | null, path: string): Provenance {
  const [shown, setShown] = useState(false);
  const [share, setShare] = useState(FIRST_SHARE);
  const [state, setState] = useState<"unread" | "reading" | "read">("unread");
  const [problem, setProblem] = useState<string | null>(null);

  const read = useCallback(async () => {
    if (viewer === null) {
      return;
    }
    setState("reading");
    try {
      viewer.setProvenance(await readProvenanceMap(await readBytes(path)));
      setState("read");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "The map cannot be read.");
      setShown(false);
      setState("unread");
    }
  }, [viewer, path]);

  const show = useCallback(
    (wanted: boolean) => {
      setShown(wanted);
      setProblem(null);
      if (wanted && state === "unread") {
        void read();
      }
    },
    [read, state],
  );
  useEffect(() => {
    viewer?.setProvenanceShare(shown && state === "read" ? share : 0);
  }, [viewer, shown, state, share]);
  return { shown, share, problem, show, setShare };
}
