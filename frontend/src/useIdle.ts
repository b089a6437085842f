import { useEffect, useState } from "react";
import type { ShownAvatar } from "./useAvatarViewer";
import { useStillness } from "./useStillness";

/** Idle motion: on by itself where the browser is fast enough and nobody asked for stillness. */
export function useIdle(avatar: ShownAvatar | null): {
  idle: boolean;
  setIdle: (on: boolean) => void;
} {
  const still = useStillness();
  const [chosen, setChosen] = useState<boolean | null>(null);
  const idle = chosen ?? (!still && avatar?.viewer.lively === true);
  useEffect(() => avatar?.viewer.setIdle(idle), [avatar, idle]);
  return { idle, setIdle: setChosen };
}
