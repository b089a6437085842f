import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { AvatarParameters } from "./api/gateway";
import { neckOf } from "./emotions";
import { type Face, faceOf, NEUTRAL, weightsOf } from "./face";
import type { ShownAvatar } from "./useAvatarViewer";

/**
 * The face that the head makes, handed to the viewer whenever it changes; at first the one that
 * its files wear. While the head is seen
 * as the photo was taken it makes the photo's face, and afterwards the earlier one again.
 */
export function useFace(
  avatar: ShownAvatar | null,
  parameters: AvatarParameters | null,
  atPhoto: boolean,
): { face: Face; photoFace: Face | null; setFace: (face: Face) => void } {
  const [face, setFace] = useState<Face>(NEUTRAL);
  const photoFace = useMemo(() => parameters && photoFaceOf(parameters), [parameters]);
  const earlier = useRef<Face | null>(null);
  const change = useCallback((wanted: Face) => {
    earlier.current = null; // what is chosen while comparing stays
    setFace(wanted);
  }, []);

  useEffect(() => {
    if (parameters !== null) {
      setFace(faceOf(parameters.chosen));
    }
  }, [parameters]);
  useEffect(() => {
    if (atPhoto && photoFace !== null) {
      setFace((now) => {
        earlier.current = now;
        return photoFace;
      });
    } else if (!atPhoto && earlier.current !== null) {
      setFace(earlier.current);
      earlier.current = null;
    }
  }, [atPhoto, photoFace]);
  useEffect(() => {
    avatar?.viewer.setFace(weightsOf(face), neckOf(face.emotions, avatar.emotionNeck));
  }, [avatar, face]);
  return { face, photoFace, setFace: change };
}

/** The face that the photo shows, in muscles. */
function photoFaceOf(parameters: AvatarParameters): Face {
  return { ...NEUTRAL, muscles: parameters.parameters.expression };
}
