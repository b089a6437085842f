import { useEffect, useState } from "react";
import type { AvatarParameters } from "./api/gateway";
import { LIGHT_PRESETS, type LightName, photoLight } from "./scene/lightPresets";
import type { ShownAvatar } from "./useAvatarViewer";

/** Beside the photo the head stands in the photo's light, unless another is chosen. */
export function useLight(
  avatar: ShownAvatar | null,
  parameters: AvatarParameters | null,
  atPhoto: boolean,
): { light: LightName; setLight: (light: LightName) => void } {
  const [chosen, setChosen] = useState<LightName>("studio");
  const [chosenAtPhoto, setChosenAtPhoto] = useState<LightName>("photo");
  const light = atPhoto ? chosenAtPhoto : chosen;
  useEffect(() => {
    if (light !== "photo") {
      avatar?.viewer.setLight(LIGHT_PRESETS[light]);
    } else if (parameters !== null) {
      avatar?.viewer.setLight(photoLight(parameters.light));
    }
  }, [avatar, parameters, light]);
  return { light, setLight: atPhoto ? setChosenAtPhoto : setChosen };
}
