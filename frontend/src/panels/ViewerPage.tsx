import { useCallback, useEffect, useState } from "react";
import { type AvatarParameters, type Job, readParameters } from "../api/gateway";
import type { Photo } from "../journey";
import { duration } from "../stageNames";
import { AvatarStage } from "./AvatarStage";
import { ExpressionPanel } from "./ExpressionPanel";
import { SeenShares } from "./SeenShares";
import { StageList } from "./StageList";

interface ViewerPageProps {
  job: Job;
  photo: Photo | null;
  onRemove: () => void;
}

export default function ViewerPage({ job, photo, onRemove }: ViewerPageProps) {
  const [names, setNames] = useState<readonly string[]>([]);
  const [weights, setWeights] = useState<Readonly<Record<string, number>>>({});
  const { parameters, problem } = useParameters(job);
  const change = useCallback((targets: readonly string[], weight: number) => {
    setWeights((old) => ({ ...old, ...Object.fromEntries(targets.map((name) => [name, weight])) }));
  }, []);
  return (
    <section className="viewer">
      <AvatarStage
        job={job}
        photo={photo}
        parameters={parameters}
        weights={weights}
        onLoaded={setNames}
        onPhotoView={(found) => setWeights(found.parameters.expression)}
      />
      <aside className="panel" aria-label="Avatar">
        <ExpressionPanel
          names={names}
          weights={weights}
          photoWeights={parameters?.parameters.expression ?? null}
          onChange={change}
          onPose={setWeights}
        />
        <div className="panel-part">
          <h2>Take it with you</h2>
          <div className="actions">
            <a className="button" href={job.links.archive} download="avatar.zip">
              Everything (.zip)
            </a>
            <a className="button quiet" href={job.links.model} download="avatar.glb">
              Model (.glb)
            </a>
          </div>
          {job.warnings.map((warning) => (
            <p key={warning} className="fine">
              {warning}
            </p>
          ))}
        </div>
        {problem !== null && <p className="problem">{problem}</p>}
        {parameters !== null && <SeenShares shares={parameters.provenance} />}
        {parameters !== null && <Times stageMs={parameters.stage_ms} />}
        <button type="button" className="button quiet danger" onClick={onRemove}>
          Delete this avatar
        </button>
      </aside>
    </section>
  );
}

function Times({ stageMs }: { stageMs: Readonly<Record<string, number>> }) {
  const stages = Object.entries(stageMs).map(([name, elapsedMs]) => ({ name, elapsedMs }));
  const total = stages.reduce((sum, stage) => sum + stage.elapsedMs, 0);
  return (
    <details className="panel-part">
      <summary>Made in {duration(total)}</summary>
      <StageList stages={stages} />
    </details>
  );
}

function useParameters(job: Job): { parameters: AvatarParameters | null; problem: string | null } {
  const [parameters, setParameters] = useState<AvatarParameters | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    readParameters(job.links.parameters).then(setParameters, (error: unknown) => {
      setProblem(error instanceof Error ? error.message : "avatar.json cannot be read.");
    });
  }, [job.links.parameters]);
  return { parameters, problem };
}
