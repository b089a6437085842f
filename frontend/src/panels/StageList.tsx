import type { StageTime } from "../journey";
import { duration, stageTitle } from "../stageNames";

interface StageListProps {
  stages: readonly StageTime[];
}

export function StageList({ stages }: StageListProps) {
  return (
    <ol className="stages">
      {stages.map(({ name, elapsedMs }) => (
        <li key={name} className={elapsedMs === null ? "stage stage-running" : "stage"}>
          <span>{stageTitle(name)}</span>
          <span className="stage-time">{elapsedMs === null ? "…" : duration(elapsedMs)}</span>
        </li>
      ))}
    </ol>
  );
}
