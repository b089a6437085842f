import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { AvatarParameters } from "./api/gateway";
import { readStrands } from "./api/hair";
import { type Hair, hairOf, lookOf, NO_HAIR } from "./hair";
import type { AvatarViewer } from "./scene/AvatarViewer";
import { decodeStrands, type StrandFile } from "./scene/StrandFile";

/** Styles whose strands are kept, so that one can go back to them at once. */
const KEPT_STYLES = 6;

export interface HairState {
  hair: Hair;
  /** The style whose strands are on their way. */
  awaited: string | null;
  /** Why the chosen style cannot be seen. */
  problem: string | null;
  setHair: (hair: Hair) => void;
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
  const strandsOf = useStrands(path);
  const [awaited, setAwaited] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { style } = hair;

  useEffect(() => {
    if (viewer === null) {
      return;
    }
    let active = true;
    const wear = async () => {
      const strands = style === NO_HAIR ? null : await strandsOf(style);
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
      .finally(() => active && setAwaited(null));
    return () => {
      active = false;
    };
  }, [viewer, style, strandsOf]);
  useEffect(() => viewer?.setHairLook(lookOf(hair)), [viewer, hair]);
  return { hair, awaited, problem, setHair };
}

/** Fetches each style once; the longest unused are let go. */
function useStrands(path: string): (style: string) => Promise<StrandFile> {
  const kept = useRef(new Map<string, StrandFile>());
  return useCallback(
    async (style: string) => {
      const strands = kept.current.get(style) ?? decodeStrands(await readStrands(path, style));
      kept.current.delete(style);
      kept.current.set(style, strands);
      const [oldest] = kept.current.keys();
      if (kept.current.size > KEPT_STYLES && oldest !== undefined) {
        kept.current.delete(oldest);
      }
      return strands;
    },
    [path],
  );
}
