import { useEffect, useState } from "react";
import { type Hairstyle, readHairstyles } from "./api/hair";

const NONE: readonly Hairstyle[] = [];

/** The styles of the database, fetched once; none until then. */
export function useHairstyles(): { styles: readonly Hairstyle[]; problem: string | null } {
  const [styles, setStyles] = useState(NONE);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    readHairstyles().then(setStyles, (error: unknown) => {
      setProblem(error instanceof Error ? error.message : "The hairstyles cannot be read.");
    });
  }, []);
  return { styles, problem };
}
