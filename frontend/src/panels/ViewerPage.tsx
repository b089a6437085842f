import { useCallback, useEffect, useRef, useState } from "react";
import { type AvatarParameters, type Job, readParameters } from "../api/gateway";
import { hairNoteOf } from "../hair";
import type { Photo } from "../journey";
import type { Background, StageView } from "../looks";
import { SpeechMotion } from "../scene/SpeechMotion";
import { useAvatarViewer } from "../useAvatarViewer";
import { useFace } from "../useFace";
import { useHair } from "../useHair";
import { useIdle } from "../useIdle";
import { useLight } from "../useLight";
import { useProvenance } from "../useProvenance";
import { useResidualLight } from "../useResidualLight";
import { soundsOf } from "../visemes";
import { AvatarStage } from "./AvatarStage";
import { FacePanel } from "./FacePanel";
import { FilesPanel } from "./FilesPanel";
import { HairPanel } from "./HairPanel";
import { LightPanel } from "./LightPanel";
import { OriginPanel } from "./OriginPanel";
import { Tabs } from "./Tabs";

const NO_NAMES: readonly string[] = [];

interface ViewerPageProps {
  job: Job;
  photo: Photo | null;
  onRemove: () => void;
}

export default function ViewerPage({ job, photo, onRemove }: ViewerPageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState<StageView | null>("front");
  const [background, setBackground] = useState<Background>("jasper");
  const turned = useCallback(() => setView((now) => (now === "photo" ? now : null)), []);
  const state = useAvatarViewer(canvas, job.links.model, turned);
  const avatar = state.name === "shown" ? state.avatar : null;
  const { parameters, problem: parametersProblem } = useParameters(job);
  const { face, photoFace, setFace } = useFace(avatar, parameters, view === "photo");
  const hair = useHair(avatar?.viewer ?? null, job.links.hair, parameters);
  const { idle, setIdle } = useIdle(avatar);
  const { light, setLight } = useLight(avatar, parameters, view === "photo");
  const lightProblem = useResidualLight(
    avatar?.viewer ?? null,
    job.links.residual_light,
    light === "photo",
  );
  const problem = parametersProblem ?? lightProblem;
  const provenance = useProvenance(avatar?.viewer ?? null, job.links.provenance);

  const look = (wanted: StageView) => {
    setView(wanted);
    if (wanted !== "photo") {
      avatar?.viewer.look(wanted);
    } else if (parameters !== null) {
      avatar?.viewer.matchPhoto(parameters);
    }
  };
  const speak = (text: string) => avatar?.viewer.speak(new SpeechMotion(soundsOf(text)));
  const tabs = [
    {
      name: "Face",
      content: (
        <FacePanel
          names={avatar?.names ?? NO_NAMES}
          face={face}
          photoFace={photoFace}
          idle={idle}
          onFace={setFace}
          onIdle={setIdle}
          onSpeak={speak}
        />
      ),
    },
    {
      name: "Hair",
      content: (
        <HairPanel
          state={hair}
          photoPicture={parameters?.hair?.source === "photo" ? job.links.preview : null}
          note={parameters === null ? null : hairNoteOf(parameters)}
        />
      ),
    },
    {
      name: "Light",
      content: (
        <LightPanel
          light={light}
          photoLight={parameters !== null}
          background={background}
          onLight={setLight}
          onBackground={setBackground}
        />
      ),
    },
    {
      name: "Origin",
      content: <OriginPanel shares={parameters?.provenance ?? null} provenance={provenance} />,
    },
    {
      name: "Files",
      content: (
        <FilesPanel
          job={job}
          parameters={parameters}
          face={face}
          hair={hair.hair}
          onRemove={onRemove}
        />
      ),
    },
  ];
  return (
    <section className="viewer">
      <AvatarStage
        canvas={canvas}
        state={state}
        ready={hair.settled || parametersProblem !== null}
        job={job}
        photo={photo}
        parameters={parameters}
        view={view}
        background={background}
        onView={look}
      />
      <aside className="panel" aria-label="Avatar">
        {problem !== null && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <Tabs label="What to change" tabs={tabs} />
      </aside>
    </section>
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
