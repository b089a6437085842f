import { type RefObject, useEffect, useRef, useState } from "react";
import { readBytes } from "./api/gateway";
import { AvatarLoader } from "./scene/AvatarLoader";
import { AvatarViewer } from "./scene/AvatarViewer";

export type ViewerState =
  | { name: "loading" }
  | { name: "shown" }
  | { name: "failed"; sentence: string };

const NO_WEBGL = "This browser cannot show 3D: WebGL 2 is missing.";

/** A viewer on the canvas for as long as the component lives, showing the model at `path`. */
export function useAvatarViewer(
  canvas: RefObject<HTMLCanvasElement | null>,
  path: string,
  weights: Readonly<Record<string, number>>,
  onLoaded: (names: readonly string[]) => void,
): { viewer: RefObject<AvatarViewer | null>; state: ViewerState } {
  const viewer = useRef<AvatarViewer | null>(null);
  const [names, setNames] = useState<readonly string[]>([]);
  const [state, setState] = useState<ViewerState>({ name: "loading" });

  useEffect(() => {
    if (canvas.current === null) {
      return;
    }
    let active = true;
    const opened = open(canvas.current);
    if (opened === null) {
      setState({ name: "failed", sentence: NO_WEBGL });
      return;
    }
    viewer.current = opened;
    const loadAndShow = async () => {
      const avatar = await loadAvatar(path);
      if (!active) {
        avatar.dispose();
        return;
      }
      setNames(avatar.expressionNames);
      onLoaded(avatar.expressionNames);
      await opened.show(avatar);
      setState({ name: "shown" });
    };
    loadAndShow().catch((error: unknown) => {
      const sentence = error instanceof Error ? error.message : "The model cannot be shown.";
      setState({ name: "failed", sentence });
    });
    return () => {
      active = false;
      viewer.current = null;
      opened.dispose();
    };
  }, [canvas, path, onLoaded]);

  useEffect(() => {
    for (const name of names) {
      viewer.current?.setExpression(name, weights[name] ?? 0);
    }
  }, [names, weights]);

  return { viewer, state };
}

function open(canvas: HTMLCanvasElement): AvatarViewer | null {
  try {
    return new AvatarViewer(canvas);
  } catch {
    return null;
  }
}

async function loadAvatar(path: string) {
  return new AvatarLoader().load(await readBytes(path));
}
