import { useEffect, useState } from "react";
import { RequestRefused, readBytes } from "./api/gateway";
import type { AvatarViewer } from "./scene/AvatarViewer";
import { readResidualLightMap } from "./scene/ResidualLightMap";

const NOT_FOUND = 404;

/**
 * The cast shadows and highlights that belong to the photo's light, fetched when that is first
 * wanted. Avatars of earlier versions have none. Gives why they cannot be shown.
 */
export function useResidualLight(
  viewer: AvatarViewer | null,
  path: string,
  wanted: boolean,
): string | null {
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    if (viewer === null || !wanted) {
      return;
    }
    readBytes(path)
      .then(readResidualLightMap)
      .then(
        (map) => viewer.setResidualLight(map),
        (error: unknown) => {
          if (!(error instanceof RequestRefused && error.status === NOT_FOUND)) {
            setProblem(error instanceof Error ? error.message : "The light cannot be read.");
          }
        },
      );
  }, [viewer, path, wanted]);
  return problem;
}
