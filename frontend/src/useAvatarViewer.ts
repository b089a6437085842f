import { type RefObject, useEffect, useRef, useState } from "react";
import { readBytes } from "./api/gateway";
import type { EmotionNeck } from "./emotions";
import { AvatarLoader } from "./scene/AvatarLoader";
import { AvatarViewer } from "./scene/AvatarViewer";

/** What the page has to know of the head that is shown. */
export interface ShownAvatar {
  viewer: AvatarViewer;
  /** Names of its morph targets. */
  names: readonly string[];
  emotionNeck: EmotionNeck;
}

export type ViewerState =
  | { name: "loading" }
  | { name: "shown"; avatar: ShownAvatar }
  | { name: "failed"; sentence: string };

const NO_WEBGL = "This browser cannot show 3D: WebGL 2 is missing.";

/**
 * A viewer on the canvas for as long as the component lives, showing the model at `path`.
 * `onTurned` is called when the visitor turns the head by hand.
 */
export function useAvatarViewer(
  canvas: RefObject<HTMLCanvasElement | null>,
  path: string,
  onTurned: () => void,
): ViewerState {
  const [state, setState] = useState<ViewerState>({ name: "loading" });
  const turned = useRef(onTurned);
  turned.current = onTurned;

  useEffect(() => {
    if (canvas.current === null) {
      return;
    }
    let active = true;
    const viewer = open(canvas.current, () => turned.current());
    if (viewer === null) {
      setState({ name: "failed", sentence: NO_WEBGL });
      return;
    }
    const loadAndShow = async () => {
      const avatar = await new AvatarLoader().load(await readBytes(path));
      if (!active) {
        avatar.dispose();
        return;
      }
      const { expressionNames: names, emotionNeck } = avatar;
      await viewer.show(avatar);
      if (active) {
        setState({ name: "shown", avatar: { viewer, names, emotionNeck } });
      }
    };
    loadAndShow().catch((error: unknown) => {
      const sentence = error instanceof Error ? error.message : "The model cannot be shown.";
      setState({ name: "failed", sentence });
    });
    return () => {
      active = false;
      viewer.dispose();
    };
  }, [canvas, path]);

  return state;
}

function open(canvas: HTMLCanvasElement, onTurned: () => void): AvatarViewer | null {
  try {
    return new AvatarViewer(canvas, onTurned);
  } catch {
    return null;
  }
}
