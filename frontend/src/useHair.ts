import { useCallback, useEffect, useMemo, useState } from "react";
import type { AvatarParameters } from "./api/gateway";
import { type Hair, hairOf, lookOf, NO_HAIR, sameHair, UNEDITED } from "./hair";
import { StrandCache } from "./StrandCache";
import type { AvatarViewer } from "./scene/AvatarViewer";

export interface HairState {
  hair: Hair;
  /** The style whose strands are on their way. */
  awaited: string | null;
  /** Why the chosen style cannot be seen. */
  problem: string | null;
  /** Whether the head has been shown with its first hair, or the reason why not. */
  settled: boolean;
  setHair: (hair: Hair) => void;
  /** A style may be chosen next. */
  prefetch: (style: string) => void;
}

/** The hair that the head wears, with strands from `path`, handed to the viewer whenever it changes; at first its files'. */
export function useHair(
  viewer: AvatarViewer | null,
  path: string,
  parameters: AvatarParameters | null,
): HairState {
  const own = useMemo(() => hairOf(parameters?.hair), [parameters]);
  const [chosen, setHair] = useState<Hair | null>(null);
  const hair = chosen ?? own;
  const cache = useMemo(() => new StrandCache(path, fileStyleOf(own)), [path, own]);
  const [awaited, setAwaited] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [settled, setSettled] = useState(false);
  const { style } = hair;
  const known = parameters !== null || chosen !== null;
  const prefetch = useCallback(
    (wanted: string) => wanted !== NO_HAIR && cache.prefetch(wanted),
    [cache],
  );

  useEffect(() => {
    if (parameters !== null) {
      prefetch(own.style); // beside the head, which takes longer
    }
  }, [parameters, own, prefetch]);

  useEffect(() => {
    if (viewer === null || !known) {
      return;
    }
    let active = true;
    const wear = async () => {
      const strands = style === NO_HAIR ? null : await cache.get(style);
      if (active) {
        await viewer.setHair(strands);
      }
    };
    setProblem(null);
    setAwaited(style);
    wear()
      .catch((error: unknown) => {
        if (active) {
          setProblem(error instanceof Error ? error.message : "The hair cannot be shown.");
        }
      })
      .finally(() => {
        if (active) {
          setAwaited(null);
          setSettled(true);
        }
      });
    return () => {
      active = false;
    };
  }, [viewer, style, cache, known]);
  useEffect(() => viewer?.setHairLook(lookOf(hair)), [viewer, hair]);
  return { hair, awaited, problem, settled, setHair, prefetch };
}

/** The file holds edited strands, the cache keeps them as they grow. */
function fileStyleOf(own: Hair): string | null {
  return sameHair(own, { ...own, edit: UNEDITED }) ? own.style : null;
}
