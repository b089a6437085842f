import { useEffect, useState } from "react";
import { type Hairstyle, readHairstyles } from "./api/hair";

/** The styles of the database, fetched once; null until then. */
export function useHairstyles(): { styles: readonly Hairstyle[] | null; problem: string | null } {
  const [styles, setStyles] = useState<readonly Hairstyle[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    readHairstyles().then(setStyles, (error: unknown) => {
      setProblem(error instanceof Error ? error.message : "The hairstyles cannot be read.");
    });
  }, []);
  return { styles, problem };
}
